-- The signed heads of all chains, one for each day. The files beside the keys say the same.

create table daily_head (
    day     text   not null primary key,       -- one server makes it, whoever is first
    seq     bigint not null,                   -- the last event it covers
    root    text   not null,
    jws     text   not null,
    made_at text   not null
);
