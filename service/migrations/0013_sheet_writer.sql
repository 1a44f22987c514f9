-- Whose each client of a sheet's document is. A client's clocks are its writer's alone: who filled another's next ones
-- would make what that person types count as known already, and it would vanish.
create table sheet_writer (
    document text   not null,
    client   bigint not null,                  -- the number a Yjs client gives itself
    account  text   not null,
    primary key (document, client)
);
