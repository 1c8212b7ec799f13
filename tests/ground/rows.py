"""Put a PostgreSQL database's rows back as its migrations left them: many times quicker than copying it anew.

The template keeps its own rows a second time, in a schema that no search path names.
"""

import psycopg

_IS_OURS = "relnamespace = 'public'::regnamespace"
#: What a test may have changed beside rows: then the database has to be copied after all.
_SHAPE = f"""
SELECT md5(string_agg(what, ',' ORDER BY what)) FROM (
  SELECT relname || ':' || relkind::text AS what FROM pg_class WHERE {_IS_OURS}
  UNION ALL
  SELECT relname || ':' || tgname || ':' || tgenabled::text FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid
  WHERE {_IS_OURS} AND NOT tgisinternal
) AS found"""
_KEEP = f"""
CREATE SCHEMA kept;
DO $$
DECLARE name text; is_filled boolean;
BEGIN
  FOR name IN SELECT relname FROM pg_class WHERE {_IS_OURS} AND relkind IN ('r', 'p') AND NOT relispartition LOOP
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', name) INTO is_filled;
    IF is_filled THEN EXECUTE format('CREATE TABLE kept.%1$I AS TABLE public.%1$I', name); END IF;
  END LOOP;
END $$;
CREATE TABLE kept."sequences of tests" AS
  SELECT sequencename, start_value, last_value FROM pg_sequences WHERE schemaname = 'public';
CREATE TABLE kept."shape of tests" AS {_SHAPE};
"""
#: As a replica does it: neither foreign keys nor the log's own triggers have a say.
_PUT_BACK = f"""
SET session_replication_role = replica;
DO $$
DECLARE name text;
BEGIN
  FOR name IN SELECT relname FROM pg_class WHERE {_IS_OURS} AND relkind IN ('r', 'p') AND NOT relispartition LOOP
    EXECUTE format('DELETE FROM public.%I', name);
    IF to_regclass(format('kept.%I', name)) IS NOT NULL THEN
      EXECUTE format('INSERT INTO public.%1$I OVERRIDING SYSTEM VALUE SELECT * FROM kept.%1$I', name);
    END IF;
  END LOOP;
END $$;
SELECT setval(format('public.%I', sequencename)::regclass, coalesce(last_value, start_value), last_value IS NOT NULL)
  FROM kept."sequences of tests";
"""
_END_THE_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"""


def keep(url: str) -> None:
    """Remember the rows as they are now."""
    with psycopg.connect(url) as connection:
        connection.execute(_KEEP)


def put_back(url: str) -> bool:
    """Whether the rows are again as they were; False where more than rows has changed. Ends all other connections."""
    with psycopg.connect(url) as connection:
        (shape,) = connection.execute(_SHAPE).fetchone() or ("",)
        if connection.execute('SELECT md5 FROM kept."shape of tests"').fetchone() != (shape,):
            return False
        connection.execute(_END_THE_OTHERS)
        connection.execute(_PUT_BACK)
    return True
