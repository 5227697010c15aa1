-- Applications ask for the sessions of a room, or of one conference, in the order of time.
create index sessions_project_id_room_started_at_idx on sessions (project_id, room, started_at, id);
create index sessions_project_id_conference_number_started_at_idx
    on sessions (project_id, conference_number, started_at, id);

-- SecureVideo's ids are numbers. One row of numbers for all accounts: its API tells an id of another account from one
-- that does not exist.
alter table sessions add column number bigint generated always as identity constraint sessions_number_key unique;
alter table files add column number bigint generated always as identity constraint files_number_key unique;
alter table members add column number bigint generated always as identity constraint members_number_key unique;
