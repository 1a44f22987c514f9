-- Certificates: a read table of the log, by number, for the public page; and what stands outside the log.

create table certificate (
    number      text   not null primary key,
    project     text   not null,
    matter      text   not null,
    signed      text   not null,               -- digest of the signed file in the blob store
    printed     text   not null,               -- digest of the PDF
    issued_at   text   not null,
    joint       text,                          -- the receipt it was issued under with others
    standing    text   not null,               -- valid, corrected, revoked
    replaced_by text,
    reason      text   not null
);
create index certificate_project on certificate (project);

-- Serial numbers of certificates and receipts. A number that was taken and not used stays unused.
create table serial (
    series text   not null primary key,
    last   bigint not null
);

-- Keys that certificates were signed with. The secret half stands in a file beside the portal.
create table signing_key (
    id         text not null primary key,
    public     text not null,                  -- 32 bytes, base64url
    created_at text not null,
    retired_at text
);
