-- An application pages through the access log of its own project, which may be a small part of the account's.

create index access_log_project_id_idx on access_log (account_id, project_id, occurred_at, id)
    where project_id is not null;
