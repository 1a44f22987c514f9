-- How often something was tried: limits that all servers count together. Rows go when their window is over.
create table attempt (
    code    text   not null,                   -- the limit, as the table of limits names it
    subject text   not null,                   -- whom it counts for
    opened  bigint not null,                   -- when the window began, in seconds since 1970
    count   bigint not null,
    primary key (code, subject)
);
create index attempt_opened on attempt (opened);

-- Who came in and what they read. Apart from the projects' log: it holds addresses, and is let go after a while.
create table audit (
    id      text not null primary key,         -- UUIDv7: in order of time
    at      text not null,
    kind    text not null,
    account text,                              -- who; none: nobody was known
    address text not null,                     -- from where
    project text,
    subject text not null                      -- what: a login, a document, a field; never a value
);
create index audit_at on audit (at);
create index audit_account on audit (account, at);
