-- Intake and background work write to sessions all the time: titles, sums, the search document, the poster. The gate asks
-- for none of these. Each notice made every process forget what it knew, and PostgreSQL commits those who notify one after
-- the other. So only what the gate asks for is told: when a session ended, whether it is held, where it belongs.

drop trigger sessions_notify_the_gate on sessions;

create trigger sessions_notify_the_gate after update on sessions
    for each row
    when (
        session_end(old) is distinct from session_end(new)
        or old.hold_id is distinct from new.hold_id
        or old.project_id is distinct from new.project_id
    )
    execute function notify_the_gate();
create trigger sessions_notify_the_gate_of_ends after delete or truncate on sessions
    for each statement execute function notify_the_gate();
