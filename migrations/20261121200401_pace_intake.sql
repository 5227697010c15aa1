-- Mails about files that could not be had are sent once an hour for a source, with all that failed meanwhile; and a file
-- that is tried anew has its week anew.

alter table intake_sources add column told_at timestamptz;

-- Null: since it was announced.
alter table intake_items add column tried_since timestamptz;

create index intake_items_untold_idx on intake_items (source_id) where state = 'failed' and not is_told;
