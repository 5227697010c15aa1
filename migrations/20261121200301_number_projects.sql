-- APIs whose ids are numbers name projects, too. The numbers say nothing but which row it is.

alter table projects
    add column number bigint generated always as identity constraint projects_number_key unique;
