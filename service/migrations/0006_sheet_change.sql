-- Changes of one person within a minute of the clock are one row by their key, so that many of them are one statement.
create table sheet_change_of_minute (
    document text   not null,
    field    text   not null,
    author   text   not null,
    minute   text   not null,                  -- the instant's first 16 signs
    seq      bigint not null,                  -- the last change of the minute
    project  text   not null,
    own      bigint not null,                  -- 1: by the enterprise itself
    at       text   not null,
    value    text   not null,
    primary key (document, field, author, minute)
);
insert into sheet_change_of_minute (document, field, author, minute, seq, project, own, at, value)
select document, field, author, substr(at, 1, 16), seq, project, own, at, value from sheet_change c
where seq = (select max(seq) from sheet_change l
             where l.document = c.document and l.field = c.field and l.author = c.author and substr(l.at, 1, 16) = substr(c.at, 1, 16));
drop table sheet_change;
alter table sheet_change_of_minute rename to sheet_change;
create index sheet_change_project on sheet_change (project);
create index sheet_change_seq on sheet_change (document, field, seq);
