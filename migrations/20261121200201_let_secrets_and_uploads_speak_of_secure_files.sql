-- An API secret may be given the right to say who can open files without a credential; an upload may say that its file
-- needs one always.

alter table api_secrets add column may_set_access boolean not null default false;
alter table api_secrets alter column may_set_access drop default;

-- The mark that the file is to have.
alter table uploads add column is_secure boolean not null default false;
