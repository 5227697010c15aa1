-- A name for a sign-in that can be shown and sent back, since the hash of its cookie is neither.

alter table sign_ins add column id uuid not null default gen_random_uuid();
alter table sign_ins add constraint sign_ins_id_key unique (id);
