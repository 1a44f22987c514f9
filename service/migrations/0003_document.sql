-- The documents of a project. The log has what happened to them by the digest of their contents; here are the names
-- people gave them, and the files that are still arriving. Contents are in the blob store, named by their digest.

create table document_version (
    project  text   not null,
    document text   not null,
    version  bigint not null,                  -- 1, 2, 3 … within the document
    name     text   not null,
    digest   text   not null,
    media    text   not null,
    size     bigint not null,
    primary key (project, document, version)
);

-- A file on its way: parts of it are in the blob store under uploads/<id>/<offset>.
create table upload (
    id         text   not null primary key,
    project    text   not null,
    account    text   not null,
    name       text   not null,
    length     bigint not null,
    received   bigint not null,
    material   text,
    replaces   text,                           -- a document that gets a new version
    why        text   not null,
    created_at text   not null,
    finished_at text                           -- since when it is a document
);
create index upload_created on upload (created_at);
