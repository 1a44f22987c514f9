-- The whole of a document in a row of its own: SQLite writes a row anew with all its bytes, and the number of the
-- last update changes with every edit.
create table sheet_whole (
    document  text   not null primary key,
    compacted bigint not null,                 -- updates up to here are in `state`
    state     bytea  not null
);
insert into sheet_whole (document, compacted, state) select document, compacted, state from sheet_document where compacted > 0;
alter table sheet_document drop column state;
alter table sheet_document drop column compacted;
