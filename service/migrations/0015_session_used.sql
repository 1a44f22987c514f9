-- Sessions that nobody uses end, though a page of theirs is open: looked for every second.
create index session_used on session (last_used_at);
