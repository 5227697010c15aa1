-- Processes remember for a moment what the gate asks for with each request: every change of it is told to all of them.
-- One notice for each statement, without a payload: PostgreSQL sends equal ones of a transaction once, at its commit.

create function notify_the_gate() returns trigger language plpgsql as $$
begin
    notify gate;
    return null;
end
$$;

-- New rows need no notice: what is not there is never remembered.
create trigger credentials_notify_the_gate after update or delete or truncate on credentials
    for each statement execute function notify_the_gate();
create trigger accounts_notify_the_gate after update or delete or truncate on accounts
    for each statement execute function notify_the_gate();
create trigger projects_notify_the_gate after update or delete or truncate on projects
    for each statement execute function notify_the_gate();
create trigger sessions_notify_the_gate after update or delete or truncate on sessions
    for each statement execute function notify_the_gate();
create trigger files_notify_the_gate after update or delete or truncate on files
    for each statement execute function notify_the_gate();
