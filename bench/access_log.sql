-- Fills the access log of an account with :rows rows over the last twelve months, for the timing of its page.
--
--     psql "$DATABASE_URL" --set rows=10000000 --set account="'<id>'" --file bench/access_log.sql
--
-- One row in twenty is a refusal, one in five belongs to another account; files, sessions, callers and addresses recur
-- as they do in life. The hashes are not real ones: such a log cannot be verified, so use a database of its own.
-- The indexes are made again at the end, which is quicker than keeping them while so many rows come.

\set ON_ERROR_STOP on
\timing on

create temp table bench_indexes as
select indexrelid::regclass::text as name,
    replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') as definition
from pg_index where indrelid = 'access_log'::regclass and not indisprimary;
select format('drop index %s', name) from bench_indexes \gexec

select make_access_log_month(now() - n * interval '1 month') from generate_series(0, 13) n \g /dev/null

insert into access_log (account_id, seq, id, occurred_at, project_id, session_id, file_id, file_name, caller_kind,
    caller_id, proof, client_address, user_agent, method, status, bytes_sent, reason, hash)
select
    case when n % 5 = 0 then md5('account' || n % 250)::uuid else :account::uuid end,
    n,
    gen_random_uuid(),
    now() - (:rows - n) * (interval '360 days' / :rows),
    md5('project' || n % 10)::uuid,
    -- Files are asked for around the time when they are made: a player asks for many ranges.
    md5('session' || n / 200 + n % 7)::uuid,
    md5('file' || n / 50 + n % 11)::uuid,
    'transcoded.mp4',
    case when n % 20 = 3 then 'none' when n % 3 = 0 then 'member' else 'credential' end,
    case when n % 20 = 3 then null else md5('caller' || n % 30)::uuid end,
    case when n % 20 = 3 then 'nothing' when n % 3 = 0 then 'cookie' else 'basic' end,
    '10.' || n % 3 || '.' || n % 200 || '.' || n % 50,
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
    'GET',
    case when n % 20 = 3 then 401 else 206 end,
    n * 7919 % 4000000,
    case when n % 100000 = 3 then 'not_in_vault' when n % 100 = 3 then 'wrong_password' when n % 20 = 3 then 'no_proof' end,
    '\x00'
from generate_series(1::bigint, :rows) n;

select format('%s', definition) from bench_indexes \gexec
vacuum analyze access_log;
