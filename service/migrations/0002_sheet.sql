-- The data sheet: one Yjs document for each section of a project's sheet.
-- Updates are stored before anybody else sees them; once they are in `state` they may go. What each person
-- made of each field stays in `sheet_change`.

create table sheet_document (
    document  text   not null primary key,     -- <project>.<section>
    project   text   not null,
    seq       bigint not null,                 -- the last update
    compacted bigint not null,                 -- updates up to here are in `state`
    state     bytea  not null
);

create index sheet_document_project on sheet_document (project);

create table sheet_update (
    document text   not null,
    seq      bigint not null,                  -- 1, 2, 3 … within the document
    author   text   not null,
    at       text   not null,
    data     bytea  not null,
    primary key (document, seq)
);

-- The attributed history: what a field held after somebody had changed it. Changes of one person within
-- a minute are one row, the last.
create table sheet_change (
    document text   not null,
    field    text   not null,
    seq      bigint not null,
    project  text   not null,
    author   text   not null,
    own      bigint not null,                  -- 1: by the enterprise itself
    at       text   not null,
    value    text   not null,
    primary key (document, field, seq)
);
create index sheet_change_project on sheet_change (project);
