-- Sessions that can be listed and ended, access tokens as a kind of their own, tickets that open one socket.
-- Whoever was signed in signs in again: the old rows say neither from where nor whether a program uses them.
drop table session;
create table session (
    id           text not null primary key,    -- UUIDv7: what a list and a form may show; the secret is the browser's
    secret_hash  text not null unique,
    account      text not null references account (id),
    address      text not null,                -- from where it began
    created_at   text not null,
    last_used_at text not null,
    expires_at   text not null,                -- its maximum, however much it is used
    ended_at     text,
    ended_by     text                          -- sign_out, replaced, too_many, by_hand, password, disabled, idle, maximum
);
create index session_account on session (account, ended_at);
create index session_ended on session (ended_at);

-- By which a program acts as somebody. Never a cookie, never in an address.
create table access_token (
    id           text not null primary key,
    secret_hash  text not null unique,
    prefix       text not null,                -- how its text begins: a leaked one is recognised
    account      text not null references account (id),
    name         text not null,
    scope        text not null,                -- codes, with commas
    created_at   text not null,
    last_used_at text,
    expires_at   text not null,
    ended_at     text                          -- revoked
);
create index access_token_account on access_token (account, ended_at);
create index access_token_ended on access_token (ended_at);

-- Opens one socket, once, within seconds.
create table ticket (
    secret_hash text not null primary key,
    kind        text not null check (kind in ('session', 'token')),
    access      text not null,                 -- the session or token it was asked for with
    expires_at  text not null
);
create index ticket_expires on ticket (expires_at);

alter table account add column first_password_at text;  -- the operator chose the password; the person has to change it
alter table account add column signed_in_at text;       -- the last time
alter table account add column rights_at text;          -- when what they may do was last changed, other than by a project's events
create index account_rights on account (rights_at);
