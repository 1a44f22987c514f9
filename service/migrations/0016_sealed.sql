-- What a sheet holds is stored sealed: 1 where `data`, `state` or `value` is. Rows from before stay readable; `quanlian key
-- seal-stored` seals them. A sealed value is base64, since its column is text.
alter table sheet_update add column sealed bigint not null default 0;
alter table sheet_whole add column sealed bigint not null default 0;
alter table sheet_change add column sealed bigint not null default 0;
