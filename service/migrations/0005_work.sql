-- What waits for offices, over all projects: a read table of the log.
create table work (
    project      text not null,
    project_name text not null,
    matter       text not null,
    office       text not null,
    state        text not null,
    due          text,                         -- a day; none: no clock runs
    claimed      text,                         -- the account that has taken it on
    since        text not null,
    primary key (project, matter)
);
create index work_office on work (office, due);

-- Who stands in for whom, until a day.
create table deputy (
    account text not null primary key references account (id),
    deputy  text not null references account (id),
    until   text not null
);
create index deputy_deputy on deputy (deputy);
