-- An audit event says which project, session, file or credential it is about, and an id alone does not say of what.

alter table audit_events
    -- Null where the event itself says it, or concerns the account as a whole.
    add column subject_kind text
        constraint audit_events_subject_kind_check check (subject_kind in ('project', 'session', 'file', 'credential')),
    add constraint audit_events_subject_check check (subject_kind is null or subject_id is not null);

create index audit_events_subject_id_idx on audit_events (subject_id) where subject_id is not null;
