-- Who is adding to an upload at this moment: one at a time. A claim ends by itself after a while, so that an upload goes
-- on when the server that held it is gone.
alter table upload add column claim text;
alter table upload add column claimed_at text;
create index upload_project on upload (project);

-- The parts that make a file, in the blob store under uploads/<upload>/<name>. What is there and not named here is nothing.
create table upload_part (
    upload text   not null,
    part   bigint not null,             -- 1, 2, 3 … within the upload
    begins bigint not null,                    -- where it begins in the file
    length bigint not null,
    name   text   not null,
    digest text   not null,
    primary key (upload, part)
);

-- Parts that came before this table had names that others could write over: such files are sent anew.
update upload set received = 0 where finished_at is null;
