-- The server runs as a database user who owns nothing: this gives it the rights that it needs, and takes all others.
-- Called by the owner after every migration, since each may bring new tables.

create function allow_server(server text) returns void language plpgsql as $$
declare
    home text := current_schema();
    relation record;
begin
    -- Two processes that start at once would change the same entries of the catalogue.
    perform pg_advisory_xact_lock(hashtext('rights of the server'));
    execute format('grant usage on schema %I to %I', home, server);
    for relation in
        select relname as name, relispartition as is_partition
        from pg_class
        where relnamespace = home::regnamespace and relkind in ('r', 'p')
        order by relname
    loop
        execute format('revoke all on %I.%I from %I', home, relation.name, server);
        if relation.is_partition then
            -- Reached through the table that it is a part of.
            continue;
        end if;
        execute format(
            'grant %s on %I.%I to %I',
            case
                -- Only ever added to.
                when relation.name in ('access_log', 'audit_events') then 'select, insert'
                when relation.name = 'access_log_heads' then 'select, insert, update'
                when relation.name = '_sqlx_migrations' then 'select'
                else 'select, insert, update, delete'
            end,
            home, relation.name, server);
    end loop;
    execute format('grant usage on all sequences in schema %I to %I', home, server);
    execute format('grant execute on function %I.make_access_log_month(timestamptz) to %I', home, server);
end
$$;
