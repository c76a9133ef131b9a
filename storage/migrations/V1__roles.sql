-- Roles of the services. They belong to the whole cluster, so another database's migration may be making them at this
-- very moment; advisory locks do not reach across databases, hence the handlers.
--
-- Nobody logs in as candor_api or candor_sink: a service logs in as the user that migrated, or as any other member of
-- candor_services, and takes its role for each transaction. candor_services inherits nothing: a member may take the
-- roles, but has none of their rights before it does, so that a forgotten SET ROLE sees no row.

DO $$
DECLARE
    wanted text;
    may_take text := CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['candor_services', 'candor_api', 'candor_sink'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT NOBYPASSRLS', wanted);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- Another migration was faster.
            END;
        END IF;
        IF wanted <> 'candor_services' AND NOT EXISTS (
            SELECT FROM pg_auth_members
            WHERE roleid = wanted::regrole AND member = 'candor_services'::regrole
        ) THEN
            BEGIN
                EXECUTE format('GRANT %I TO candor_services', wanted);
            EXCEPTION WHEN unique_violation THEN
                NULL; -- Another migration was faster.
            END;
        END IF;
    END LOOP;
    IF NOT pg_has_role(current_user, 'candor_services', may_take) THEN
        BEGIN
            EXECUTE format('GRANT candor_services TO %I', current_user);
        EXCEPTION WHEN unique_violation THEN
            NULL; -- Another migration by the same user was faster.
        END;
    END IF;
END $$;
