-- What the portal does by itself: readers of the log that remember how far they have come, and what is to happen at a time.

create table job_cursor (
    name text   not null primary key,
    edition text not null,                     -- of what the reader makes of events; with another one it begins anew
    seq  bigint not null                       -- the last event that the reader has done
);

-- When this portal began to do things by itself: one row. What was filed before is not deemed accepted.
create table job_begun (
    at text not null primary key
);

create table timer (
    key        text   not null primary key,    -- a digest of job, stream, subject and due: what the job does, it does once for it
    job        text   not null,                -- the rule, or what the house does again and again
    stream     text   not null,                -- empty: the house's own
    subject    text   not null,                -- what of the stream
    due        text   not null,
    not_before text   not null,                -- nobody takes it before: due, the end of a claim, or of a pause after a failure
    claim      text,                           -- who is at it; a claim ends by itself
    tries      bigint not null                 -- how often it was taken since it last succeeded
);
create index timer_not_before on timer (not_before);
create index timer_stream on timer (stream);

-- Old form keys are looked for by their age.
create index command_at on command (at);
