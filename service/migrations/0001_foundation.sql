-- One text for SQLite and PostgreSQL: text | bigint | double precision | bytea, nothing else.
-- Ids are UUIDv7 text; instants are fixed-width RFC 3339 UTC text; nullable instants instead of booleans; JSON as text.

create table event (
    seq     bigint not null unique,            -- order of commit, no holes: the cursor of every reader
    stream  text   not null,                   -- project:<id>
    version bigint not null,                   -- 1, 2, 3 … within the stream; the optimistic lock
    at      text   not null,
    actor   text   not null,
    kind    text   not null,
    body    text   not null,
    hash    text   not null,
    primary key (stream, version)
);

-- A form sent twice is done once: the key travels with the form.
create table command (
    key     text   not null primary key,
    stream  text   not null,
    version bigint not null,
    at      text   not null
);

create table firm (
    id         text not null primary key,
    name       text not null unique,
    office     text,                           -- the catalogue's organisation, for offices
    created_at text not null
);

create table account (
    id            text not null primary key,
    login         text not null unique,
    name          text not null,
    role          text not null,
    firm          text not null references firm (id),
    password_hash text,                        -- none: cannot sign in
    disabled_at   text,
    created_at    text not null
);

-- What an officer answers for: an area (lead officers) or a matter (backbone officers). One officer each.
create table duty (
    kind    text not null check (kind in ('area', 'matter')),
    subject text not null,
    account text not null references account (id),
    primary key (kind, subject)
);
create index duty_account on duty (account);

create table session (
    token_hash text not null primary key,
    account    text not null references account (id),
    created_at text not null,
    expires_at text not null
);

-- Read tables, derived from the log: `quanlian rebuild` makes them again, equal row for row.
create table project_card (
    project    text   not null primary key,
    name       text   not null,
    area       text   not null,
    owner      text   not null,
    lead       text,
    agent      text,
    stage      text,                           -- none: finished
    done       bigint not null,
    matters    bigint not null,
    six_done   bigint not null,
    six        bigint not null,
    questions  bigint not null,                -- open ones
    difficulties bigint not null,              -- open ones
    assumed_at text,                           -- rests on assumptions since
    version    bigint not null,
    started_at text   not null,
    at         text   not null
);
create index project_card_owner on project_card (owner);

-- Which offices take part in a project.
create table project_office (
    project text not null,
    office  text not null,
    primary key (project, office)
);
create index project_office_office on project_office (office, project);
