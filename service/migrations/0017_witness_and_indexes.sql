-- Something sealed with each storage key that this portal's data was sealed with: all of it has to open, or the folder of
-- keys is not the one that belongs here.
create table storage_witness (
    key    text not null primary key,          -- the key's name, which says nothing of it
    sealed text not null                       -- base64
);

-- What nobody uses is looked for every second, among the sessions that have not ended: one index for both, since SQLite took
-- the other one and read all that are open.
drop index session_ended;
drop index session_used;
create index session_ended_used on session (ended_at, last_used_at);

-- How many files somebody has on their way is asked with each one that is announced.
create index upload_account on upload (account, finished_at);
