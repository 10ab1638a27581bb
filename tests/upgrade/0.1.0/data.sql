--
-- PostgreSQL database dump
--


-- Dumped from database version 15.19
-- Dumped by pg_dump version 15.19

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: tracardi; Type: SCHEMA; Schema: -; Owner: postgres
--

CREATE SCHEMA tracardi;


ALTER SCHEMA tracardi OWNER TO postgres;

--
-- Name: SCHEMA tracardi; Type: COMMENT; Schema: -; Owner: postgres
--

COMMENT ON SCHEMA tracardi IS 'event tracking: functions, configuration, events, profiles and sessions';


--
-- Name: tracardi; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS tracardi WITH SCHEMA tracardi;


--
-- Name: EXTENSION tracardi; Type: COMMENT; Schema: -; Owner: 
--

COMMENT ON EXTENSION tracardi IS 'event tracking with profiles, sessions and workflows inside PostgreSQL';


--
-- Name: answer(); Type: FUNCTION; Schema: public; Owner: dump_reader
--

CREATE FUNCTION public.answer() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN PERFORM tracardi.respond(jsonb_build_object(TG_NAME, current_user)); RETURN NULL; END $$;


ALTER FUNCTION public.answer() OWNER TO dump_reader;

--
-- Name: audit(); Type: FUNCTION; Schema: public; Owner: postgres
--

CREATE FUNCTION public.audit() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN INSERT INTO audit VALUES (NEW.id, NEW.time, current_user); RETURN NULL; END $$;


ALTER FUNCTION public.audit() OWNER TO postgres;

--
-- Name: keep_segments(); Type: FUNCTION; Schema: tracardi; Owner: dump_owner
--

CREATE FUNCTION tracardi.keep_segments() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    DECLARE
      profile CONSTANT jsonb := pg_catalog.to_jsonb(NEW);
    BEGIN
      IF pg_catalog.to_regclass('tracardi.segment') IS NULL THEN
        RETURN NEW;  -- the extension was dropped
      END IF;
      NEW.segments := ARRAY(
        SELECT s.name FROM tracardi.segment s WHERE s.enabled AND tracardi.holds(profile, s.condition)
        UNION
        SELECT other FROM pg_catalog.unnest(NEW.segments) AS other
        WHERE NOT EXISTS (SELECT FROM tracardi.segment s WHERE s.enabled AND s.name = other)
        ORDER BY 1);
      RETURN NEW;
    END
    $$;


ALTER FUNCTION tracardi.keep_segments() OWNER TO dump_owner;

--
-- Name: FUNCTION keep_segments(); Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON FUNCTION tracardi.keep_segments() IS 'row trigger of tracardi.profile: the segments whose conditions the profile meets; enabled while there are segments';


--
-- Name: never_stored(); Type: FUNCTION; Schema: tracardi; Owner: dump_owner
--

CREATE FUNCTION tracardi.never_stored() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$BEGIN RETURN NULL; END$$;


ALTER FUNCTION tracardi.never_stored() OWNER TO dump_owner;

--
-- Name: FUNCTION never_stored(); Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON FUNCTION tracardi.never_stored() IS 'the last BEFORE trigger of tracardi.ephemeral_event: no row gets past it';


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: audit; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.audit (
    event uuid,
    "time" timestamp with time zone,
    by name
);


ALTER TABLE public.audit OWNER TO postgres;

--
-- Name: event; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.event (
    id uuid NOT NULL,
    external_id text,
    type text NOT NULL,
    kind text NOT NULL,
    "time" timestamp with time zone DEFAULT now() NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    source_id text,
    session_id uuid,
    profile_id uuid,
    properties jsonb DEFAULT '{}'::jsonb NOT NULL,
    context jsonb DEFAULT '{}'::jsonb NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    valid boolean DEFAULT true NOT NULL,
    errors jsonb DEFAULT '{}'::jsonb NOT NULL,
    xact xid8 DEFAULT pg_current_xact_id() NOT NULL,
    journey_state text,
    tenant text DEFAULT 'acme'::text NOT NULL,
    CONSTRAINT event_type_check CHECK (((char_length(type) >= 1) AND (char_length(type) <= 255)))
)
PARTITION BY RANGE ("time");


ALTER TABLE tracardi.event OWNER TO dump_owner;

--
-- Name: TABLE event; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.event IS 'what happened: one row an event, partitioned by month (UTC) of time';


--
-- Name: COLUMN event.id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event.id IS 'the event''s id: the client''s UUID, or made from its text (tracardi.event_id), or a UUIDv7';


--
-- Name: COLUMN event.external_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event.external_id IS 'the id as the client wrote it, when that was not a UUID';


--
-- Name: COLUMN event.type; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event.type IS 'what happened: page-view, purchase, ... (trimmed, lower case, each blank a hyphen)';


--
-- Name: COLUMN event.kind; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event.kind IS 'profile (belongs to a profile), profileless (belongs to nobody) or system (made by tracardi); ephemeral events are never stored';


--
-- Name: COLUMN event."time"; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event."time" IS 'when it happened';


--
-- Name: COLUMN event.received_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event.received_at IS 'when it arrived here';


--
-- Name: COLUMN event.source_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event.source_id IS 'the source it came from (tracardi.event_source)';


--
-- Name: COLUMN event.session_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event.session_id IS 'the session it happened in (tracardi.session), if any';


--
-- Name: COLUMN event.profile_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event.profile_id IS 'whom it belongs to (tracardi.profile); never null for kind profile, always null for kind profileless';


--
-- Name: COLUMN event.properties; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event.properties IS 'what the client says of the event: a JSON object';


--
-- Name: COLUMN event.context; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event.context IS 'where it happened (page, screen, ...): a JSON object';


--
-- Name: COLUMN event.tags; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event.tags IS 'labels';


--
-- Name: COLUMN event.valid; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event.valid IS 'false: it failed a check of its type; see errors';


--
-- Name: COLUMN event.errors; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event.errors IS 'what was wrong with it: {"schema": [{"path", "message", "schema"}]}; and what could not be mapped to its profile: {"mapping": [{"path", "message"}]}; empty when nothing was';


--
-- Name: COLUMN event.xact; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event.xact IS 'the transaction that stored it';


--
-- Name: COLUMN event.journey_state; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event.journey_state IS 'where on the customer''s journey its type stands (tracardi.event_type)';


--
-- Name: profile; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.profile (
    id uuid NOT NULL,
    external_id text,
    primary_id text,
    data jsonb DEFAULT '{}'::jsonb NOT NULL,
    traits jsonb DEFAULT '{}'::jsonb NOT NULL,
    interests jsonb DEFAULT '{}'::jsonb NOT NULL,
    consents jsonb DEFAULT '{}'::jsonb NOT NULL,
    segments text[] DEFAULT '{}'::text[] NOT NULL,
    visit_count integer DEFAULT 0 NOT NULL,
    first_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    score numeric DEFAULT 1.50,
    CONSTRAINT profile_consents_check CHECK ((jsonb_typeof(consents) = 'object'::text)),
    CONSTRAINT profile_data_check CHECK ((jsonb_typeof(data) = 'object'::text)),
    CONSTRAINT profile_external_id_check CHECK ((char_length(external_id) <= 255)),
    CONSTRAINT profile_interests_check CHECK ((jsonb_typeof(interests) = 'object'::text)),
    CONSTRAINT profile_primary_id_check CHECK ((char_length(primary_id) <= 255)),
    CONSTRAINT profile_traits_check CHECK ((jsonb_typeof(traits) = 'object'::text)),
    CONSTRAINT profile_visit_count_check CHECK ((visit_count >= 0))
);


ALTER TABLE tracardi.profile OWNER TO dump_owner;

--
-- Name: TABLE profile; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.profile IS 'who did it: one row a person';


--
-- Name: COLUMN profile.id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.profile.id IS 'the profile''s id: a UUIDv7, or from a trusted source the client''s UUID or tracardi.id of its text';


--
-- Name: COLUMN profile.external_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.profile.external_id IS 'the id as the client wrote it, when that was not a UUID';


--
-- Name: COLUMN profile.primary_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.profile.primary_id IS 'the id of this person in the customer''s own system';


--
-- Name: COLUMN profile.data; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.profile.data IS 'what is known of the person, by Tracardi''s paths: pii, contact, identifier, ...';


--
-- Name: COLUMN profile.traits; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.profile.traits IS 'what the customer wants to know of the person: any JSON object';


--
-- Name: COLUMN profile.interests; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.profile.interests IS 'interests and their weight: {name: number}';


--
-- Name: COLUMN profile.consents; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.profile.consents IS 'what the person agreed to: {name: {"revoke": until when}}; null: for good (tracardi.has_consent)';


--
-- Name: COLUMN profile.segments; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.profile.segments IS 'the segments that the person is in';


--
-- Name: COLUMN profile.visit_count; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.profile.visit_count IS 'how many sessions the person opened';


--
-- Name: COLUMN profile.first_seen_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.profile.first_seen_at IS 'time of the first event';


--
-- Name: COLUMN profile.last_seen_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.profile.last_seen_at IS 'time of the last event; may lag by tracardi.last_seen_lag';


--
-- Name: COLUMN profile.created_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.profile.created_at IS 'when the row was made';


--
-- Name: COLUMN profile.updated_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.profile.updated_at IS 'when the row was changed for more than last_seen_at';


--
-- Name: COLUMN profile.fields; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.profile.fields IS 'which event last set which field: {path: [the event''s time, its id]}';


--
-- Name: COLUMN profile.score; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.profile.score IS 'a user''s';


--
-- Name: session; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.session (
    id uuid NOT NULL,
    external_id text,
    profile_id uuid,
    source_id text,
    status text DEFAULT 'started'::text NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    ended_at timestamp with time zone,
    device jsonb DEFAULT '{}'::jsonb NOT NULL,
    os jsonb DEFAULT '{}'::jsonb NOT NULL,
    app jsonb DEFAULT '{}'::jsonb NOT NULL,
    utm jsonb DEFAULT '{}'::jsonb NOT NULL,
    context jsonb DEFAULT '{}'::jsonb NOT NULL,
    properties jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT session_app_check CHECK ((jsonb_typeof(app) = 'object'::text)),
    CONSTRAINT session_context_check CHECK ((jsonb_typeof(context) = 'object'::text)),
    CONSTRAINT session_device_check CHECK ((jsonb_typeof(device) = 'object'::text)),
    CONSTRAINT session_external_id_check CHECK ((char_length(external_id) <= 255)),
    CONSTRAINT session_os_check CHECK ((jsonb_typeof(os) = 'object'::text)),
    CONSTRAINT session_properties_check CHECK ((jsonb_typeof(properties) = 'object'::text)),
    CONSTRAINT session_source_id_check CHECK ((char_length(source_id) <= 255)),
    CONSTRAINT session_status_check CHECK ((status = ANY (ARRAY['started'::text, 'active'::text, 'ended'::text]))),
    CONSTRAINT session_utm_check CHECK ((jsonb_typeof(utm) = 'object'::text))
);


ALTER TABLE tracardi.session OWNER TO dump_owner;

--
-- Name: TABLE session; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.session IS 'a stay of a visitor: one row a session';


--
-- Name: COLUMN session.id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.session.id IS 'the session''s id: the client''s UUID, or tracardi.id of its text, or a UUIDv7';


--
-- Name: COLUMN session.external_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.session.external_id IS 'the id as the client wrote it, when that was not a UUID';


--
-- Name: COLUMN session.profile_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.session.profile_id IS 'whose session it is (tracardi.profile); null while only profileless events came';


--
-- Name: COLUMN session.source_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.session.source_id IS 'the source that opened it (tracardi.event_source)';


--
-- Name: COLUMN session.status; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.session.status IS 'started, active or ended';


--
-- Name: COLUMN session.started_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.session.started_at IS 'time of its first event';


--
-- Name: COLUMN session.last_seen_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.session.last_seen_at IS 'what counts for inactivity; may lag by tracardi.last_seen_lag';


--
-- Name: COLUMN session.ended_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.session.ended_at IS 'when the visit ended: when its client said so, or tracardi.session_timeout after last_seen_at; null while it goes on';


--
-- Name: COLUMN session.device; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.session.device IS 'the device, a JSON object';


--
-- Name: COLUMN session.os; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.session.os IS 'the operating system, a JSON object';


--
-- Name: COLUMN session.app; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.session.app IS 'the browser or app, a JSON object';


--
-- Name: COLUMN session.utm; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.session.utm IS 'the campaign that the visitor came by, a JSON object';


--
-- Name: COLUMN session.context; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.session.context IS 'what the client tells of itself (screen, browser, time zone, ...), a JSON object';


--
-- Name: COLUMN session.properties; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.session.properties IS 'what the client says of the session, a JSON object';


--
-- Name: purchase; Type: VIEW; Schema: public; Owner: postgres
--

CREATE VIEW public.purchase WITH (security_invoker='true') AS
 SELECT e.id,
    e.external_id,
    e.type,
    e.kind,
    e."time",
    e.received_at,
    e.source_id,
    e.session_id,
    e.profile_id,
    e.properties,
    e.context,
    e.tags,
    e.valid,
    e.errors,
    e.journey_state,
    e.tenant,
    s.external_id AS session_external_id,
    s.status AS session_status,
    s.started_at AS session_started_at,
    s.last_seen_at AS session_last_seen_at,
    s.ended_at AS session_ended_at,
    s.device AS session_device,
    s.os AS session_os,
    s.app AS session_app,
    s.utm AS session_utm,
    s.context AS session_context,
    s.properties AS session_properties,
    p.external_id AS profile_external_id,
    p.primary_id AS profile_primary_id,
    p.data AS profile_data,
    p.traits AS profile_traits,
    p.interests AS profile_interests,
    p.consents AS profile_consents,
    p.segments AS profile_segments,
    p.visit_count AS profile_visit_count,
    p.first_seen_at AS profile_first_seen_at,
    p.last_seen_at AS profile_last_seen_at,
    p.created_at AS profile_created_at,
    p.updated_at AS profile_updated_at,
    p.score AS profile_score,
        CASE
            WHEN (jsonb_typeof((e.properties -> 'at'::text)) = 'string'::text) THEN tracardi.parse_time(((e.properties -> 'at'::text) #>> '{}'::text[]))
            ELSE NULL::timestamp with time zone
        END AS at,
        CASE
            WHEN (jsonb_typeof((e.properties -> 'price'::text)) = 'number'::text) THEN ((e.properties -> 'price'::text))::numeric
            ELSE NULL::numeric
        END AS price
   FROM ((tracardi.event e
     LEFT JOIN tracardi.session s ON ((s.id = e.session_id)))
     LEFT JOIN tracardi.profile p ON ((p.id = e.profile_id)))
  WHERE (e.type = 'purchase'::text);


ALTER TABLE public.purchase OWNER TO postgres;

--
-- Name: VIEW purchase; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON VIEW public.purchase IS 'events of type "purchase", by tracardi.create_event_view';


--
-- Name: COLUMN purchase.id; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.id IS 'the event''s id: the client''s UUID, or made from its text (tracardi.event_id), or a UUIDv7';


--
-- Name: COLUMN purchase.external_id; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.external_id IS 'the id as the client wrote it, when that was not a UUID';


--
-- Name: COLUMN purchase.type; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.type IS 'what happened: page-view, purchase, ... (trimmed, lower case, each blank a hyphen)';


--
-- Name: COLUMN purchase.kind; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.kind IS 'profile (belongs to a profile), profileless (belongs to nobody) or system (made by tracardi); ephemeral events are never stored';


--
-- Name: COLUMN purchase."time"; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase."time" IS 'when it happened';


--
-- Name: COLUMN purchase.received_at; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.received_at IS 'when it arrived here';


--
-- Name: COLUMN purchase.source_id; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.source_id IS 'the source it came from (tracardi.event_source)';


--
-- Name: COLUMN purchase.session_id; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.session_id IS 'the session it happened in (tracardi.session), if any';


--
-- Name: COLUMN purchase.profile_id; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.profile_id IS 'whom it belongs to (tracardi.profile); never null for kind profile, always null for kind profileless';


--
-- Name: COLUMN purchase.properties; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.properties IS 'what the client says of the event: a JSON object';


--
-- Name: COLUMN purchase.context; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.context IS 'where it happened (page, screen, ...): a JSON object';


--
-- Name: COLUMN purchase.tags; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.tags IS 'labels';


--
-- Name: COLUMN purchase.valid; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.valid IS 'false: it failed a check of its type; see errors';


--
-- Name: COLUMN purchase.errors; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.errors IS 'what was wrong with it: {"schema": [{"path", "message", "schema"}]}; and what could not be mapped to its profile: {"mapping": [{"path", "message"}]}; empty when nothing was';


--
-- Name: COLUMN purchase.journey_state; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.journey_state IS 'where on the customer''s journey its type stands (tracardi.event_type)';


--
-- Name: COLUMN purchase.session_external_id; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.session_external_id IS 'the id as the client wrote it, when that was not a UUID';


--
-- Name: COLUMN purchase.session_status; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.session_status IS 'started, active or ended';


--
-- Name: COLUMN purchase.session_started_at; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.session_started_at IS 'time of its first event';


--
-- Name: COLUMN purchase.session_last_seen_at; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.session_last_seen_at IS 'what counts for inactivity; may lag by tracardi.last_seen_lag';


--
-- Name: COLUMN purchase.session_ended_at; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.session_ended_at IS 'when the visit ended: when its client said so, or tracardi.session_timeout after last_seen_at; null while it goes on';


--
-- Name: COLUMN purchase.session_device; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.session_device IS 'the device, a JSON object';


--
-- Name: COLUMN purchase.session_os; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.session_os IS 'the operating system, a JSON object';


--
-- Name: COLUMN purchase.session_app; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.session_app IS 'the browser or app, a JSON object';


--
-- Name: COLUMN purchase.session_utm; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.session_utm IS 'the campaign that the visitor came by, a JSON object';


--
-- Name: COLUMN purchase.session_context; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.session_context IS 'what the client tells of itself (screen, browser, time zone, ...), a JSON object';


--
-- Name: COLUMN purchase.session_properties; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.session_properties IS 'what the client says of the session, a JSON object';


--
-- Name: COLUMN purchase.profile_external_id; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.profile_external_id IS 'the id as the client wrote it, when that was not a UUID';


--
-- Name: COLUMN purchase.profile_primary_id; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.profile_primary_id IS 'the id of this person in the customer''s own system';


--
-- Name: COLUMN purchase.profile_data; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.profile_data IS 'what is known of the person, by Tracardi''s paths: pii, contact, identifier, ...';


--
-- Name: COLUMN purchase.profile_traits; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.profile_traits IS 'what the customer wants to know of the person: any JSON object';


--
-- Name: COLUMN purchase.profile_interests; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.profile_interests IS 'interests and their weight: {name: number}';


--
-- Name: COLUMN purchase.profile_consents; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.profile_consents IS 'what the person agreed to: {name: {"revoke": until when}}; null: for good (tracardi.has_consent)';


--
-- Name: COLUMN purchase.profile_segments; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.profile_segments IS 'the segments that the person is in';


--
-- Name: COLUMN purchase.profile_visit_count; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.profile_visit_count IS 'how many sessions the person opened';


--
-- Name: COLUMN purchase.profile_first_seen_at; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.profile_first_seen_at IS 'time of the first event';


--
-- Name: COLUMN purchase.profile_last_seen_at; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.profile_last_seen_at IS 'time of the last event; may lag by tracardi.last_seen_lag';


--
-- Name: COLUMN purchase.profile_created_at; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.profile_created_at IS 'when the row was made';


--
-- Name: COLUMN purchase.profile_updated_at; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.profile_updated_at IS 'when the row was changed for more than last_seen_at';


--
-- Name: COLUMN purchase.profile_score; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.profile_score IS 'a user''s';


--
-- Name: COLUMN purchase.at; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.at IS 'properties.at';


--
-- Name: COLUMN purchase.price; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.purchase.price IS 'properties.price';


--
-- Name: ephemeral_event; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.ephemeral_event (
    id uuid NOT NULL,
    external_id text,
    type text NOT NULL,
    kind text NOT NULL,
    "time" timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    source_id text,
    session_id uuid,
    profile_id uuid,
    properties jsonb NOT NULL,
    context jsonb NOT NULL,
    tags text[] NOT NULL,
    valid boolean NOT NULL,
    errors jsonb NOT NULL,
    xact xid8 NOT NULL,
    journey_state text,
    CONSTRAINT ephemeral_event_never_stored CHECK (false)
);


ALTER TABLE tracardi.ephemeral_event OWNER TO dump_owner;

--
-- Name: TABLE ephemeral_event; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.ephemeral_event IS 'empty for ever: BEFORE triggers on it are called for ephemeral events; its columns are those of tracardi.event';


--
-- Name: COLUMN ephemeral_event.id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.ephemeral_event.id IS 'the event''s id: the client''s UUID, or made from its text (tracardi.event_id), or a UUIDv7';


--
-- Name: COLUMN ephemeral_event.external_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.ephemeral_event.external_id IS 'the id as the client wrote it, when that was not a UUID';


--
-- Name: COLUMN ephemeral_event.type; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.ephemeral_event.type IS 'what happened: page-view, purchase, ... (trimmed, lower case, each blank a hyphen)';


--
-- Name: COLUMN ephemeral_event.kind; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.ephemeral_event.kind IS 'profile (belongs to a profile), profileless (belongs to nobody) or system (made by tracardi); ephemeral events are never stored';


--
-- Name: COLUMN ephemeral_event."time"; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.ephemeral_event."time" IS 'when it happened';


--
-- Name: COLUMN ephemeral_event.received_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.ephemeral_event.received_at IS 'when it arrived here';


--
-- Name: COLUMN ephemeral_event.source_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.ephemeral_event.source_id IS 'the source it came from (tracardi.event_source)';


--
-- Name: COLUMN ephemeral_event.session_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.ephemeral_event.session_id IS 'the session it happened in (tracardi.session), if any';


--
-- Name: COLUMN ephemeral_event.profile_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.ephemeral_event.profile_id IS 'whom it belongs to (tracardi.profile); never null for kind profile, always null for kind profileless';


--
-- Name: COLUMN ephemeral_event.properties; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.ephemeral_event.properties IS 'what the client says of the event: a JSON object';


--
-- Name: COLUMN ephemeral_event.context; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.ephemeral_event.context IS 'where it happened (page, screen, ...): a JSON object';


--
-- Name: COLUMN ephemeral_event.tags; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.ephemeral_event.tags IS 'labels';


--
-- Name: COLUMN ephemeral_event.valid; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.ephemeral_event.valid IS 'false: it failed a check of its type; see errors';


--
-- Name: COLUMN ephemeral_event.errors; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.ephemeral_event.errors IS 'what was wrong with it: {"schema": [{"path", "message", "schema"}]}; and what could not be mapped to its profile: {"mapping": [{"path", "message"}]}; empty when nothing was';


--
-- Name: COLUMN ephemeral_event.xact; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.ephemeral_event.xact IS 'the transaction that stored it';


--
-- Name: COLUMN ephemeral_event.journey_state; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.ephemeral_event.journey_state IS 'where on the customer''s journey its type stands (tracardi.event_type)';


--
-- Name: event_2026_11; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.event_2026_11 (
    id uuid NOT NULL,
    external_id text,
    type text NOT NULL,
    kind text NOT NULL,
    "time" timestamp with time zone DEFAULT now() NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    source_id text,
    session_id uuid,
    profile_id uuid,
    properties jsonb DEFAULT '{}'::jsonb NOT NULL,
    context jsonb DEFAULT '{}'::jsonb NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    valid boolean DEFAULT true NOT NULL,
    errors jsonb DEFAULT '{}'::jsonb NOT NULL,
    xact xid8 DEFAULT pg_current_xact_id() NOT NULL,
    journey_state text,
    tenant text DEFAULT 'acme'::text NOT NULL,
    CONSTRAINT event_type_check CHECK (((char_length(type) >= 1) AND (char_length(type) <= 255)))
);


ALTER TABLE tracardi.event_2026_11 OWNER TO dump_owner;

--
-- Name: TABLE event_2026_11; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.event_2026_11 IS 'events of 2026-11 (UTC)';


--
-- Name: COLUMN event_2026_11.id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_11.id IS 'the event''s id: the client''s UUID, or made from its text (tracardi.event_id), or a UUIDv7';


--
-- Name: COLUMN event_2026_11.external_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_11.external_id IS 'the id as the client wrote it, when that was not a UUID';


--
-- Name: COLUMN event_2026_11.type; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_11.type IS 'what happened: page-view, purchase, ... (trimmed, lower case, each blank a hyphen)';


--
-- Name: COLUMN event_2026_11.kind; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_11.kind IS 'profile (belongs to a profile), profileless (belongs to nobody) or system (made by tracardi); ephemeral events are never stored';


--
-- Name: COLUMN event_2026_11."time"; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_11."time" IS 'when it happened';


--
-- Name: COLUMN event_2026_11.received_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_11.received_at IS 'when it arrived here';


--
-- Name: COLUMN event_2026_11.source_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_11.source_id IS 'the source it came from (tracardi.event_source)';


--
-- Name: COLUMN event_2026_11.session_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_11.session_id IS 'the session it happened in (tracardi.session), if any';


--
-- Name: COLUMN event_2026_11.profile_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_11.profile_id IS 'whom it belongs to (tracardi.profile); never null for kind profile, always null for kind profileless';


--
-- Name: COLUMN event_2026_11.properties; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_11.properties IS 'what the client says of the event: a JSON object';


--
-- Name: COLUMN event_2026_11.context; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_11.context IS 'where it happened (page, screen, ...): a JSON object';


--
-- Name: COLUMN event_2026_11.tags; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_11.tags IS 'labels';


--
-- Name: COLUMN event_2026_11.valid; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_11.valid IS 'false: it failed a check of its type; see errors';


--
-- Name: COLUMN event_2026_11.errors; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_11.errors IS 'what was wrong with it: {"schema": [{"path", "message", "schema"}]}; and what could not be mapped to its profile: {"mapping": [{"path", "message"}]}; empty when nothing was';


--
-- Name: COLUMN event_2026_11.xact; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_11.xact IS 'the transaction that stored it';


--
-- Name: COLUMN event_2026_11.journey_state; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_11.journey_state IS 'where on the customer''s journey its type stands (tracardi.event_type)';


--
-- Name: event_2026_12; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.event_2026_12 (
    id uuid NOT NULL,
    external_id text,
    type text NOT NULL,
    kind text NOT NULL,
    "time" timestamp with time zone DEFAULT now() NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    source_id text,
    session_id uuid,
    profile_id uuid,
    properties jsonb DEFAULT '{}'::jsonb NOT NULL,
    context jsonb DEFAULT '{}'::jsonb NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    valid boolean DEFAULT true NOT NULL,
    errors jsonb DEFAULT '{}'::jsonb NOT NULL,
    xact xid8 DEFAULT pg_current_xact_id() NOT NULL,
    journey_state text,
    tenant text DEFAULT 'acme'::text NOT NULL,
    CONSTRAINT event_type_check CHECK (((char_length(type) >= 1) AND (char_length(type) <= 255)))
);


ALTER TABLE tracardi.event_2026_12 OWNER TO dump_owner;

--
-- Name: TABLE event_2026_12; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.event_2026_12 IS 'events of 2026-12 (UTC)';


--
-- Name: COLUMN event_2026_12.id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_12.id IS 'the event''s id: the client''s UUID, or made from its text (tracardi.event_id), or a UUIDv7';


--
-- Name: COLUMN event_2026_12.external_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_12.external_id IS 'the id as the client wrote it, when that was not a UUID';


--
-- Name: COLUMN event_2026_12.type; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_12.type IS 'what happened: page-view, purchase, ... (trimmed, lower case, each blank a hyphen)';


--
-- Name: COLUMN event_2026_12.kind; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_12.kind IS 'profile (belongs to a profile), profileless (belongs to nobody) or system (made by tracardi); ephemeral events are never stored';


--
-- Name: COLUMN event_2026_12."time"; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_12."time" IS 'when it happened';


--
-- Name: COLUMN event_2026_12.received_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_12.received_at IS 'when it arrived here';


--
-- Name: COLUMN event_2026_12.source_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_12.source_id IS 'the source it came from (tracardi.event_source)';


--
-- Name: COLUMN event_2026_12.session_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_12.session_id IS 'the session it happened in (tracardi.session), if any';


--
-- Name: COLUMN event_2026_12.profile_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_12.profile_id IS 'whom it belongs to (tracardi.profile); never null for kind profile, always null for kind profileless';


--
-- Name: COLUMN event_2026_12.properties; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_12.properties IS 'what the client says of the event: a JSON object';


--
-- Name: COLUMN event_2026_12.context; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_12.context IS 'where it happened (page, screen, ...): a JSON object';


--
-- Name: COLUMN event_2026_12.tags; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_12.tags IS 'labels';


--
-- Name: COLUMN event_2026_12.valid; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_12.valid IS 'false: it failed a check of its type; see errors';


--
-- Name: COLUMN event_2026_12.errors; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_12.errors IS 'what was wrong with it: {"schema": [{"path", "message", "schema"}]}; and what could not be mapped to its profile: {"mapping": [{"path", "message"}]}; empty when nothing was';


--
-- Name: COLUMN event_2026_12.xact; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_12.xact IS 'the transaction that stored it';


--
-- Name: COLUMN event_2026_12.journey_state; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2026_12.journey_state IS 'where on the customer''s journey its type stands (tracardi.event_type)';


--
-- Name: event_2027_01; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.event_2027_01 (
    id uuid NOT NULL,
    external_id text,
    type text NOT NULL,
    kind text NOT NULL,
    "time" timestamp with time zone DEFAULT now() NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    source_id text,
    session_id uuid,
    profile_id uuid,
    properties jsonb DEFAULT '{}'::jsonb NOT NULL,
    context jsonb DEFAULT '{}'::jsonb NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    valid boolean DEFAULT true NOT NULL,
    errors jsonb DEFAULT '{}'::jsonb NOT NULL,
    xact xid8 DEFAULT pg_current_xact_id() NOT NULL,
    journey_state text,
    tenant text DEFAULT 'acme'::text NOT NULL,
    CONSTRAINT event_type_check CHECK (((char_length(type) >= 1) AND (char_length(type) <= 255)))
);


ALTER TABLE tracardi.event_2027_01 OWNER TO dump_owner;

--
-- Name: TABLE event_2027_01; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.event_2027_01 IS 'events of 2027-01 (UTC)';


--
-- Name: COLUMN event_2027_01.id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_01.id IS 'the event''s id: the client''s UUID, or made from its text (tracardi.event_id), or a UUIDv7';


--
-- Name: COLUMN event_2027_01.external_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_01.external_id IS 'the id as the client wrote it, when that was not a UUID';


--
-- Name: COLUMN event_2027_01.type; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_01.type IS 'what happened: page-view, purchase, ... (trimmed, lower case, each blank a hyphen)';


--
-- Name: COLUMN event_2027_01.kind; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_01.kind IS 'profile (belongs to a profile), profileless (belongs to nobody) or system (made by tracardi); ephemeral events are never stored';


--
-- Name: COLUMN event_2027_01."time"; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_01."time" IS 'when it happened';


--
-- Name: COLUMN event_2027_01.received_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_01.received_at IS 'when it arrived here';


--
-- Name: COLUMN event_2027_01.source_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_01.source_id IS 'the source it came from (tracardi.event_source)';


--
-- Name: COLUMN event_2027_01.session_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_01.session_id IS 'the session it happened in (tracardi.session), if any';


--
-- Name: COLUMN event_2027_01.profile_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_01.profile_id IS 'whom it belongs to (tracardi.profile); never null for kind profile, always null for kind profileless';


--
-- Name: COLUMN event_2027_01.properties; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_01.properties IS 'what the client says of the event: a JSON object';


--
-- Name: COLUMN event_2027_01.context; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_01.context IS 'where it happened (page, screen, ...): a JSON object';


--
-- Name: COLUMN event_2027_01.tags; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_01.tags IS 'labels';


--
-- Name: COLUMN event_2027_01.valid; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_01.valid IS 'false: it failed a check of its type; see errors';


--
-- Name: COLUMN event_2027_01.errors; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_01.errors IS 'what was wrong with it: {"schema": [{"path", "message", "schema"}]}; and what could not be mapped to its profile: {"mapping": [{"path", "message"}]}; empty when nothing was';


--
-- Name: COLUMN event_2027_01.xact; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_01.xact IS 'the transaction that stored it';


--
-- Name: COLUMN event_2027_01.journey_state; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_01.journey_state IS 'where on the customer''s journey its type stands (tracardi.event_type)';


--
-- Name: event_2027_02; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.event_2027_02 (
    id uuid NOT NULL,
    external_id text,
    type text NOT NULL,
    kind text NOT NULL,
    "time" timestamp with time zone DEFAULT now() NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    source_id text,
    session_id uuid,
    profile_id uuid,
    properties jsonb DEFAULT '{}'::jsonb NOT NULL,
    context jsonb DEFAULT '{}'::jsonb NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    valid boolean DEFAULT true NOT NULL,
    errors jsonb DEFAULT '{}'::jsonb NOT NULL,
    xact xid8 DEFAULT pg_current_xact_id() NOT NULL,
    journey_state text,
    tenant text DEFAULT 'acme'::text NOT NULL,
    CONSTRAINT event_type_check CHECK (((char_length(type) >= 1) AND (char_length(type) <= 255)))
);


ALTER TABLE tracardi.event_2027_02 OWNER TO dump_owner;

--
-- Name: TABLE event_2027_02; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.event_2027_02 IS 'events of 2027-02 (UTC)';


--
-- Name: COLUMN event_2027_02.id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_02.id IS 'the event''s id: the client''s UUID, or made from its text (tracardi.event_id), or a UUIDv7';


--
-- Name: COLUMN event_2027_02.external_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_02.external_id IS 'the id as the client wrote it, when that was not a UUID';


--
-- Name: COLUMN event_2027_02.type; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_02.type IS 'what happened: page-view, purchase, ... (trimmed, lower case, each blank a hyphen)';


--
-- Name: COLUMN event_2027_02.kind; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_02.kind IS 'profile (belongs to a profile), profileless (belongs to nobody) or system (made by tracardi); ephemeral events are never stored';


--
-- Name: COLUMN event_2027_02."time"; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_02."time" IS 'when it happened';


--
-- Name: COLUMN event_2027_02.received_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_02.received_at IS 'when it arrived here';


--
-- Name: COLUMN event_2027_02.source_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_02.source_id IS 'the source it came from (tracardi.event_source)';


--
-- Name: COLUMN event_2027_02.session_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_02.session_id IS 'the session it happened in (tracardi.session), if any';


--
-- Name: COLUMN event_2027_02.profile_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_02.profile_id IS 'whom it belongs to (tracardi.profile); never null for kind profile, always null for kind profileless';


--
-- Name: COLUMN event_2027_02.properties; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_02.properties IS 'what the client says of the event: a JSON object';


--
-- Name: COLUMN event_2027_02.context; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_02.context IS 'where it happened (page, screen, ...): a JSON object';


--
-- Name: COLUMN event_2027_02.tags; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_02.tags IS 'labels';


--
-- Name: COLUMN event_2027_02.valid; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_02.valid IS 'false: it failed a check of its type; see errors';


--
-- Name: COLUMN event_2027_02.errors; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_02.errors IS 'what was wrong with it: {"schema": [{"path", "message", "schema"}]}; and what could not be mapped to its profile: {"mapping": [{"path", "message"}]}; empty when nothing was';


--
-- Name: COLUMN event_2027_02.xact; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_02.xact IS 'the transaction that stored it';


--
-- Name: COLUMN event_2027_02.journey_state; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_02.journey_state IS 'where on the customer''s journey its type stands (tracardi.event_type)';


--
-- Name: event_2027_03; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.event_2027_03 (
    id uuid NOT NULL,
    external_id text,
    type text NOT NULL,
    kind text NOT NULL,
    "time" timestamp with time zone DEFAULT now() NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    source_id text,
    session_id uuid,
    profile_id uuid,
    properties jsonb DEFAULT '{}'::jsonb NOT NULL,
    context jsonb DEFAULT '{}'::jsonb NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    valid boolean DEFAULT true NOT NULL,
    errors jsonb DEFAULT '{}'::jsonb NOT NULL,
    xact xid8 DEFAULT pg_current_xact_id() NOT NULL,
    journey_state text,
    tenant text DEFAULT 'acme'::text NOT NULL,
    CONSTRAINT event_type_check CHECK (((char_length(type) >= 1) AND (char_length(type) <= 255)))
);


ALTER TABLE tracardi.event_2027_03 OWNER TO dump_owner;

--
-- Name: TABLE event_2027_03; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.event_2027_03 IS 'events of 2027-03 (UTC)';


--
-- Name: COLUMN event_2027_03.id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_03.id IS 'the event''s id: the client''s UUID, or made from its text (tracardi.event_id), or a UUIDv7';


--
-- Name: COLUMN event_2027_03.external_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_03.external_id IS 'the id as the client wrote it, when that was not a UUID';


--
-- Name: COLUMN event_2027_03.type; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_03.type IS 'what happened: page-view, purchase, ... (trimmed, lower case, each blank a hyphen)';


--
-- Name: COLUMN event_2027_03.kind; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_03.kind IS 'profile (belongs to a profile), profileless (belongs to nobody) or system (made by tracardi); ephemeral events are never stored';


--
-- Name: COLUMN event_2027_03."time"; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_03."time" IS 'when it happened';


--
-- Name: COLUMN event_2027_03.received_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_03.received_at IS 'when it arrived here';


--
-- Name: COLUMN event_2027_03.source_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_03.source_id IS 'the source it came from (tracardi.event_source)';


--
-- Name: COLUMN event_2027_03.session_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_03.session_id IS 'the session it happened in (tracardi.session), if any';


--
-- Name: COLUMN event_2027_03.profile_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_03.profile_id IS 'whom it belongs to (tracardi.profile); never null for kind profile, always null for kind profileless';


--
-- Name: COLUMN event_2027_03.properties; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_03.properties IS 'what the client says of the event: a JSON object';


--
-- Name: COLUMN event_2027_03.context; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_03.context IS 'where it happened (page, screen, ...): a JSON object';


--
-- Name: COLUMN event_2027_03.tags; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_03.tags IS 'labels';


--
-- Name: COLUMN event_2027_03.valid; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_03.valid IS 'false: it failed a check of its type; see errors';


--
-- Name: COLUMN event_2027_03.errors; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_03.errors IS 'what was wrong with it: {"schema": [{"path", "message", "schema"}]}; and what could not be mapped to its profile: {"mapping": [{"path", "message"}]}; empty when nothing was';


--
-- Name: COLUMN event_2027_03.xact; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_03.xact IS 'the transaction that stored it';


--
-- Name: COLUMN event_2027_03.journey_state; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_03.journey_state IS 'where on the customer''s journey its type stands (tracardi.event_type)';


--
-- Name: event_2027_04; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.event_2027_04 (
    id uuid NOT NULL,
    external_id text,
    type text NOT NULL,
    kind text NOT NULL,
    "time" timestamp with time zone DEFAULT now() NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    source_id text,
    session_id uuid,
    profile_id uuid,
    properties jsonb DEFAULT '{}'::jsonb NOT NULL,
    context jsonb DEFAULT '{}'::jsonb NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    valid boolean DEFAULT true NOT NULL,
    errors jsonb DEFAULT '{}'::jsonb NOT NULL,
    xact xid8 DEFAULT pg_current_xact_id() NOT NULL,
    journey_state text,
    tenant text DEFAULT 'acme'::text NOT NULL,
    CONSTRAINT event_type_check CHECK (((char_length(type) >= 1) AND (char_length(type) <= 255)))
);


ALTER TABLE tracardi.event_2027_04 OWNER TO dump_owner;

--
-- Name: TABLE event_2027_04; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.event_2027_04 IS 'events of 2027-04 (UTC)';


--
-- Name: COLUMN event_2027_04.id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_04.id IS 'the event''s id: the client''s UUID, or made from its text (tracardi.event_id), or a UUIDv7';


--
-- Name: COLUMN event_2027_04.external_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_04.external_id IS 'the id as the client wrote it, when that was not a UUID';


--
-- Name: COLUMN event_2027_04.type; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_04.type IS 'what happened: page-view, purchase, ... (trimmed, lower case, each blank a hyphen)';


--
-- Name: COLUMN event_2027_04.kind; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_04.kind IS 'profile (belongs to a profile), profileless (belongs to nobody) or system (made by tracardi); ephemeral events are never stored';


--
-- Name: COLUMN event_2027_04."time"; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_04."time" IS 'when it happened';


--
-- Name: COLUMN event_2027_04.received_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_04.received_at IS 'when it arrived here';


--
-- Name: COLUMN event_2027_04.source_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_04.source_id IS 'the source it came from (tracardi.event_source)';


--
-- Name: COLUMN event_2027_04.session_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_04.session_id IS 'the session it happened in (tracardi.session), if any';


--
-- Name: COLUMN event_2027_04.profile_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_04.profile_id IS 'whom it belongs to (tracardi.profile); never null for kind profile, always null for kind profileless';


--
-- Name: COLUMN event_2027_04.properties; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_04.properties IS 'what the client says of the event: a JSON object';


--
-- Name: COLUMN event_2027_04.context; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_04.context IS 'where it happened (page, screen, ...): a JSON object';


--
-- Name: COLUMN event_2027_04.tags; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_04.tags IS 'labels';


--
-- Name: COLUMN event_2027_04.valid; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_04.valid IS 'false: it failed a check of its type; see errors';


--
-- Name: COLUMN event_2027_04.errors; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_04.errors IS 'what was wrong with it: {"schema": [{"path", "message", "schema"}]}; and what could not be mapped to its profile: {"mapping": [{"path", "message"}]}; empty when nothing was';


--
-- Name: COLUMN event_2027_04.xact; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_04.xact IS 'the transaction that stored it';


--
-- Name: COLUMN event_2027_04.journey_state; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_04.journey_state IS 'where on the customer''s journey its type stands (tracardi.event_type)';


--
-- Name: event_2027_05; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.event_2027_05 (
    id uuid NOT NULL,
    external_id text,
    type text NOT NULL,
    kind text NOT NULL,
    "time" timestamp with time zone DEFAULT now() NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    source_id text,
    session_id uuid,
    profile_id uuid,
    properties jsonb DEFAULT '{}'::jsonb NOT NULL,
    context jsonb DEFAULT '{}'::jsonb NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    valid boolean DEFAULT true NOT NULL,
    errors jsonb DEFAULT '{}'::jsonb NOT NULL,
    xact xid8 DEFAULT pg_current_xact_id() NOT NULL,
    journey_state text,
    tenant text DEFAULT 'acme'::text NOT NULL,
    CONSTRAINT event_type_check CHECK (((char_length(type) >= 1) AND (char_length(type) <= 255)))
);


ALTER TABLE tracardi.event_2027_05 OWNER TO dump_owner;

--
-- Name: TABLE event_2027_05; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.event_2027_05 IS 'events of 2027-05 (UTC)';


--
-- Name: COLUMN event_2027_05.id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_05.id IS 'the event''s id: the client''s UUID, or made from its text (tracardi.event_id), or a UUIDv7';


--
-- Name: COLUMN event_2027_05.external_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_05.external_id IS 'the id as the client wrote it, when that was not a UUID';


--
-- Name: COLUMN event_2027_05.type; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_05.type IS 'what happened: page-view, purchase, ... (trimmed, lower case, each blank a hyphen)';


--
-- Name: COLUMN event_2027_05.kind; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_05.kind IS 'profile (belongs to a profile), profileless (belongs to nobody) or system (made by tracardi); ephemeral events are never stored';


--
-- Name: COLUMN event_2027_05."time"; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_05."time" IS 'when it happened';


--
-- Name: COLUMN event_2027_05.received_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_05.received_at IS 'when it arrived here';


--
-- Name: COLUMN event_2027_05.source_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_05.source_id IS 'the source it came from (tracardi.event_source)';


--
-- Name: COLUMN event_2027_05.session_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_05.session_id IS 'the session it happened in (tracardi.session), if any';


--
-- Name: COLUMN event_2027_05.profile_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_05.profile_id IS 'whom it belongs to (tracardi.profile); never null for kind profile, always null for kind profileless';


--
-- Name: COLUMN event_2027_05.properties; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_05.properties IS 'what the client says of the event: a JSON object';


--
-- Name: COLUMN event_2027_05.context; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_05.context IS 'where it happened (page, screen, ...): a JSON object';


--
-- Name: COLUMN event_2027_05.tags; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_05.tags IS 'labels';


--
-- Name: COLUMN event_2027_05.valid; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_05.valid IS 'false: it failed a check of its type; see errors';


--
-- Name: COLUMN event_2027_05.errors; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_05.errors IS 'what was wrong with it: {"schema": [{"path", "message", "schema"}]}; and what could not be mapped to its profile: {"mapping": [{"path", "message"}]}; empty when nothing was';


--
-- Name: COLUMN event_2027_05.xact; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_05.xact IS 'the transaction that stored it';


--
-- Name: COLUMN event_2027_05.journey_state; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_05.journey_state IS 'where on the customer''s journey its type stands (tracardi.event_type)';


--
-- Name: event_2027_06; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.event_2027_06 (
    id uuid NOT NULL,
    external_id text,
    type text NOT NULL,
    kind text NOT NULL,
    "time" timestamp with time zone DEFAULT now() NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    source_id text,
    session_id uuid,
    profile_id uuid,
    properties jsonb DEFAULT '{}'::jsonb NOT NULL,
    context jsonb DEFAULT '{}'::jsonb NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    valid boolean DEFAULT true NOT NULL,
    errors jsonb DEFAULT '{}'::jsonb NOT NULL,
    xact xid8 DEFAULT pg_current_xact_id() NOT NULL,
    journey_state text,
    tenant text DEFAULT 'acme'::text NOT NULL,
    CONSTRAINT event_type_check CHECK (((char_length(type) >= 1) AND (char_length(type) <= 255)))
);


ALTER TABLE tracardi.event_2027_06 OWNER TO dump_owner;

--
-- Name: TABLE event_2027_06; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.event_2027_06 IS 'events of 2027-06 (UTC)';


--
-- Name: COLUMN event_2027_06.id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_06.id IS 'the event''s id: the client''s UUID, or made from its text (tracardi.event_id), or a UUIDv7';


--
-- Name: COLUMN event_2027_06.external_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_06.external_id IS 'the id as the client wrote it, when that was not a UUID';


--
-- Name: COLUMN event_2027_06.type; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_06.type IS 'what happened: page-view, purchase, ... (trimmed, lower case, each blank a hyphen)';


--
-- Name: COLUMN event_2027_06.kind; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_06.kind IS 'profile (belongs to a profile), profileless (belongs to nobody) or system (made by tracardi); ephemeral events are never stored';


--
-- Name: COLUMN event_2027_06."time"; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_06."time" IS 'when it happened';


--
-- Name: COLUMN event_2027_06.received_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_06.received_at IS 'when it arrived here';


--
-- Name: COLUMN event_2027_06.source_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_06.source_id IS 'the source it came from (tracardi.event_source)';


--
-- Name: COLUMN event_2027_06.session_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_06.session_id IS 'the session it happened in (tracardi.session), if any';


--
-- Name: COLUMN event_2027_06.profile_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_06.profile_id IS 'whom it belongs to (tracardi.profile); never null for kind profile, always null for kind profileless';


--
-- Name: COLUMN event_2027_06.properties; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_06.properties IS 'what the client says of the event: a JSON object';


--
-- Name: COLUMN event_2027_06.context; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_06.context IS 'where it happened (page, screen, ...): a JSON object';


--
-- Name: COLUMN event_2027_06.tags; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_06.tags IS 'labels';


--
-- Name: COLUMN event_2027_06.valid; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_06.valid IS 'false: it failed a check of its type; see errors';


--
-- Name: COLUMN event_2027_06.errors; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_06.errors IS 'what was wrong with it: {"schema": [{"path", "message", "schema"}]}; and what could not be mapped to its profile: {"mapping": [{"path", "message"}]}; empty when nothing was';


--
-- Name: COLUMN event_2027_06.xact; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_06.xact IS 'the transaction that stored it';


--
-- Name: COLUMN event_2027_06.journey_state; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_06.journey_state IS 'where on the customer''s journey its type stands (tracardi.event_type)';


--
-- Name: event_2027_07; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.event_2027_07 (
    id uuid NOT NULL,
    external_id text,
    type text NOT NULL,
    kind text NOT NULL,
    "time" timestamp with time zone DEFAULT now() NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    source_id text,
    session_id uuid,
    profile_id uuid,
    properties jsonb DEFAULT '{}'::jsonb NOT NULL,
    context jsonb DEFAULT '{}'::jsonb NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    valid boolean DEFAULT true NOT NULL,
    errors jsonb DEFAULT '{}'::jsonb NOT NULL,
    xact xid8 DEFAULT pg_current_xact_id() NOT NULL,
    journey_state text,
    tenant text DEFAULT 'acme'::text NOT NULL,
    CONSTRAINT event_type_check CHECK (((char_length(type) >= 1) AND (char_length(type) <= 255)))
);


ALTER TABLE tracardi.event_2027_07 OWNER TO dump_owner;

--
-- Name: TABLE event_2027_07; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.event_2027_07 IS 'events of 2027-07 (UTC)';


--
-- Name: COLUMN event_2027_07.id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_07.id IS 'the event''s id: the client''s UUID, or made from its text (tracardi.event_id), or a UUIDv7';


--
-- Name: COLUMN event_2027_07.external_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_07.external_id IS 'the id as the client wrote it, when that was not a UUID';


--
-- Name: COLUMN event_2027_07.type; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_07.type IS 'what happened: page-view, purchase, ... (trimmed, lower case, each blank a hyphen)';


--
-- Name: COLUMN event_2027_07.kind; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_07.kind IS 'profile (belongs to a profile), profileless (belongs to nobody) or system (made by tracardi); ephemeral events are never stored';


--
-- Name: COLUMN event_2027_07."time"; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_07."time" IS 'when it happened';


--
-- Name: COLUMN event_2027_07.received_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_07.received_at IS 'when it arrived here';


--
-- Name: COLUMN event_2027_07.source_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_07.source_id IS 'the source it came from (tracardi.event_source)';


--
-- Name: COLUMN event_2027_07.session_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_07.session_id IS 'the session it happened in (tracardi.session), if any';


--
-- Name: COLUMN event_2027_07.profile_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_07.profile_id IS 'whom it belongs to (tracardi.profile); never null for kind profile, always null for kind profileless';


--
-- Name: COLUMN event_2027_07.properties; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_07.properties IS 'what the client says of the event: a JSON object';


--
-- Name: COLUMN event_2027_07.context; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_07.context IS 'where it happened (page, screen, ...): a JSON object';


--
-- Name: COLUMN event_2027_07.tags; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_07.tags IS 'labels';


--
-- Name: COLUMN event_2027_07.valid; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_07.valid IS 'false: it failed a check of its type; see errors';


--
-- Name: COLUMN event_2027_07.errors; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_07.errors IS 'what was wrong with it: {"schema": [{"path", "message", "schema"}]}; and what could not be mapped to its profile: {"mapping": [{"path", "message"}]}; empty when nothing was';


--
-- Name: COLUMN event_2027_07.xact; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_07.xact IS 'the transaction that stored it';


--
-- Name: COLUMN event_2027_07.journey_state; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_07.journey_state IS 'where on the customer''s journey its type stands (tracardi.event_type)';


--
-- Name: event_2027_08; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.event_2027_08 (
    id uuid NOT NULL,
    external_id text,
    type text NOT NULL,
    kind text NOT NULL,
    "time" timestamp with time zone DEFAULT now() NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    source_id text,
    session_id uuid,
    profile_id uuid,
    properties jsonb DEFAULT '{}'::jsonb NOT NULL,
    context jsonb DEFAULT '{}'::jsonb NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    valid boolean DEFAULT true NOT NULL,
    errors jsonb DEFAULT '{}'::jsonb NOT NULL,
    xact xid8 DEFAULT pg_current_xact_id() NOT NULL,
    journey_state text,
    tenant text DEFAULT 'acme'::text NOT NULL,
    CONSTRAINT event_type_check CHECK (((char_length(type) >= 1) AND (char_length(type) <= 255)))
);


ALTER TABLE tracardi.event_2027_08 OWNER TO dump_owner;

--
-- Name: TABLE event_2027_08; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.event_2027_08 IS 'events of 2027-08 (UTC)';


--
-- Name: COLUMN event_2027_08.id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_08.id IS 'the event''s id: the client''s UUID, or made from its text (tracardi.event_id), or a UUIDv7';


--
-- Name: COLUMN event_2027_08.external_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_08.external_id IS 'the id as the client wrote it, when that was not a UUID';


--
-- Name: COLUMN event_2027_08.type; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_08.type IS 'what happened: page-view, purchase, ... (trimmed, lower case, each blank a hyphen)';


--
-- Name: COLUMN event_2027_08.kind; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_08.kind IS 'profile (belongs to a profile), profileless (belongs to nobody) or system (made by tracardi); ephemeral events are never stored';


--
-- Name: COLUMN event_2027_08."time"; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_08."time" IS 'when it happened';


--
-- Name: COLUMN event_2027_08.received_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_08.received_at IS 'when it arrived here';


--
-- Name: COLUMN event_2027_08.source_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_08.source_id IS 'the source it came from (tracardi.event_source)';


--
-- Name: COLUMN event_2027_08.session_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_08.session_id IS 'the session it happened in (tracardi.session), if any';


--
-- Name: COLUMN event_2027_08.profile_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_08.profile_id IS 'whom it belongs to (tracardi.profile); never null for kind profile, always null for kind profileless';


--
-- Name: COLUMN event_2027_08.properties; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_08.properties IS 'what the client says of the event: a JSON object';


--
-- Name: COLUMN event_2027_08.context; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_08.context IS 'where it happened (page, screen, ...): a JSON object';


--
-- Name: COLUMN event_2027_08.tags; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_08.tags IS 'labels';


--
-- Name: COLUMN event_2027_08.valid; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_08.valid IS 'false: it failed a check of its type; see errors';


--
-- Name: COLUMN event_2027_08.errors; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_08.errors IS 'what was wrong with it: {"schema": [{"path", "message", "schema"}]}; and what could not be mapped to its profile: {"mapping": [{"path", "message"}]}; empty when nothing was';


--
-- Name: COLUMN event_2027_08.xact; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_08.xact IS 'the transaction that stored it';


--
-- Name: COLUMN event_2027_08.journey_state; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_08.journey_state IS 'where on the customer''s journey its type stands (tracardi.event_type)';


--
-- Name: event_2027_09; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.event_2027_09 (
    id uuid NOT NULL,
    external_id text,
    type text NOT NULL,
    kind text NOT NULL,
    "time" timestamp with time zone DEFAULT now() NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    source_id text,
    session_id uuid,
    profile_id uuid,
    properties jsonb DEFAULT '{}'::jsonb NOT NULL,
    context jsonb DEFAULT '{}'::jsonb NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    valid boolean DEFAULT true NOT NULL,
    errors jsonb DEFAULT '{}'::jsonb NOT NULL,
    xact xid8 DEFAULT pg_current_xact_id() NOT NULL,
    journey_state text,
    tenant text DEFAULT 'acme'::text NOT NULL,
    CONSTRAINT event_type_check CHECK (((char_length(type) >= 1) AND (char_length(type) <= 255)))
);


ALTER TABLE tracardi.event_2027_09 OWNER TO dump_owner;

--
-- Name: TABLE event_2027_09; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.event_2027_09 IS 'events of 2027-09 (UTC)';


--
-- Name: COLUMN event_2027_09.id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_09.id IS 'the event''s id: the client''s UUID, or made from its text (tracardi.event_id), or a UUIDv7';


--
-- Name: COLUMN event_2027_09.external_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_09.external_id IS 'the id as the client wrote it, when that was not a UUID';


--
-- Name: COLUMN event_2027_09.type; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_09.type IS 'what happened: page-view, purchase, ... (trimmed, lower case, each blank a hyphen)';


--
-- Name: COLUMN event_2027_09.kind; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_09.kind IS 'profile (belongs to a profile), profileless (belongs to nobody) or system (made by tracardi); ephemeral events are never stored';


--
-- Name: COLUMN event_2027_09."time"; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_09."time" IS 'when it happened';


--
-- Name: COLUMN event_2027_09.received_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_09.received_at IS 'when it arrived here';


--
-- Name: COLUMN event_2027_09.source_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_09.source_id IS 'the source it came from (tracardi.event_source)';


--
-- Name: COLUMN event_2027_09.session_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_09.session_id IS 'the session it happened in (tracardi.session), if any';


--
-- Name: COLUMN event_2027_09.profile_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_09.profile_id IS 'whom it belongs to (tracardi.profile); never null for kind profile, always null for kind profileless';


--
-- Name: COLUMN event_2027_09.properties; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_09.properties IS 'what the client says of the event: a JSON object';


--
-- Name: COLUMN event_2027_09.context; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_09.context IS 'where it happened (page, screen, ...): a JSON object';


--
-- Name: COLUMN event_2027_09.tags; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_09.tags IS 'labels';


--
-- Name: COLUMN event_2027_09.valid; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_09.valid IS 'false: it failed a check of its type; see errors';


--
-- Name: COLUMN event_2027_09.errors; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_09.errors IS 'what was wrong with it: {"schema": [{"path", "message", "schema"}]}; and what could not be mapped to its profile: {"mapping": [{"path", "message"}]}; empty when nothing was';


--
-- Name: COLUMN event_2027_09.xact; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_09.xact IS 'the transaction that stored it';


--
-- Name: COLUMN event_2027_09.journey_state; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_09.journey_state IS 'where on the customer''s journey its type stands (tracardi.event_type)';


--
-- Name: event_2027_10; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.event_2027_10 (
    id uuid NOT NULL,
    external_id text,
    type text NOT NULL,
    kind text NOT NULL,
    "time" timestamp with time zone DEFAULT now() NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    source_id text,
    session_id uuid,
    profile_id uuid,
    properties jsonb DEFAULT '{}'::jsonb NOT NULL,
    context jsonb DEFAULT '{}'::jsonb NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    valid boolean DEFAULT true NOT NULL,
    errors jsonb DEFAULT '{}'::jsonb NOT NULL,
    xact xid8 DEFAULT pg_current_xact_id() NOT NULL,
    journey_state text,
    tenant text DEFAULT 'acme'::text NOT NULL,
    CONSTRAINT event_type_check CHECK (((char_length(type) >= 1) AND (char_length(type) <= 255)))
);


ALTER TABLE tracardi.event_2027_10 OWNER TO dump_owner;

--
-- Name: TABLE event_2027_10; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.event_2027_10 IS 'events of 2027-10 (UTC)';


--
-- Name: COLUMN event_2027_10.id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_10.id IS 'the event''s id: the client''s UUID, or made from its text (tracardi.event_id), or a UUIDv7';


--
-- Name: COLUMN event_2027_10.external_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_10.external_id IS 'the id as the client wrote it, when that was not a UUID';


--
-- Name: COLUMN event_2027_10.type; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_10.type IS 'what happened: page-view, purchase, ... (trimmed, lower case, each blank a hyphen)';


--
-- Name: COLUMN event_2027_10.kind; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_10.kind IS 'profile (belongs to a profile), profileless (belongs to nobody) or system (made by tracardi); ephemeral events are never stored';


--
-- Name: COLUMN event_2027_10."time"; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_10."time" IS 'when it happened';


--
-- Name: COLUMN event_2027_10.received_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_10.received_at IS 'when it arrived here';


--
-- Name: COLUMN event_2027_10.source_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_10.source_id IS 'the source it came from (tracardi.event_source)';


--
-- Name: COLUMN event_2027_10.session_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_10.session_id IS 'the session it happened in (tracardi.session), if any';


--
-- Name: COLUMN event_2027_10.profile_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_10.profile_id IS 'whom it belongs to (tracardi.profile); never null for kind profile, always null for kind profileless';


--
-- Name: COLUMN event_2027_10.properties; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_10.properties IS 'what the client says of the event: a JSON object';


--
-- Name: COLUMN event_2027_10.context; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_10.context IS 'where it happened (page, screen, ...): a JSON object';


--
-- Name: COLUMN event_2027_10.tags; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_10.tags IS 'labels';


--
-- Name: COLUMN event_2027_10.valid; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_10.valid IS 'false: it failed a check of its type; see errors';


--
-- Name: COLUMN event_2027_10.errors; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_10.errors IS 'what was wrong with it: {"schema": [{"path", "message", "schema"}]}; and what could not be mapped to its profile: {"mapping": [{"path", "message"}]}; empty when nothing was';


--
-- Name: COLUMN event_2027_10.xact; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_10.xact IS 'the transaction that stored it';


--
-- Name: COLUMN event_2027_10.journey_state; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_10.journey_state IS 'where on the customer''s journey its type stands (tracardi.event_type)';


--
-- Name: event_2027_11; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.event_2027_11 (
    id uuid NOT NULL,
    external_id text,
    type text NOT NULL,
    kind text NOT NULL,
    "time" timestamp with time zone DEFAULT now() NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    source_id text,
    session_id uuid,
    profile_id uuid,
    properties jsonb DEFAULT '{}'::jsonb NOT NULL,
    context jsonb DEFAULT '{}'::jsonb NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    valid boolean DEFAULT true NOT NULL,
    errors jsonb DEFAULT '{}'::jsonb NOT NULL,
    xact xid8 DEFAULT pg_current_xact_id() NOT NULL,
    journey_state text,
    tenant text DEFAULT 'acme'::text NOT NULL,
    CONSTRAINT event_type_check CHECK (((char_length(type) >= 1) AND (char_length(type) <= 255)))
);


ALTER TABLE tracardi.event_2027_11 OWNER TO dump_owner;

--
-- Name: TABLE event_2027_11; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.event_2027_11 IS 'events of 2027-11 (UTC)';


--
-- Name: COLUMN event_2027_11.id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_11.id IS 'the event''s id: the client''s UUID, or made from its text (tracardi.event_id), or a UUIDv7';


--
-- Name: COLUMN event_2027_11.external_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_11.external_id IS 'the id as the client wrote it, when that was not a UUID';


--
-- Name: COLUMN event_2027_11.type; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_11.type IS 'what happened: page-view, purchase, ... (trimmed, lower case, each blank a hyphen)';


--
-- Name: COLUMN event_2027_11.kind; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_11.kind IS 'profile (belongs to a profile), profileless (belongs to nobody) or system (made by tracardi); ephemeral events are never stored';


--
-- Name: COLUMN event_2027_11."time"; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_11."time" IS 'when it happened';


--
-- Name: COLUMN event_2027_11.received_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_11.received_at IS 'when it arrived here';


--
-- Name: COLUMN event_2027_11.source_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_11.source_id IS 'the source it came from (tracardi.event_source)';


--
-- Name: COLUMN event_2027_11.session_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_11.session_id IS 'the session it happened in (tracardi.session), if any';


--
-- Name: COLUMN event_2027_11.profile_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_11.profile_id IS 'whom it belongs to (tracardi.profile); never null for kind profile, always null for kind profileless';


--
-- Name: COLUMN event_2027_11.properties; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_11.properties IS 'what the client says of the event: a JSON object';


--
-- Name: COLUMN event_2027_11.context; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_11.context IS 'where it happened (page, screen, ...): a JSON object';


--
-- Name: COLUMN event_2027_11.tags; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_11.tags IS 'labels';


--
-- Name: COLUMN event_2027_11.valid; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_11.valid IS 'false: it failed a check of its type; see errors';


--
-- Name: COLUMN event_2027_11.errors; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_11.errors IS 'what was wrong with it: {"schema": [{"path", "message", "schema"}]}; and what could not be mapped to its profile: {"mapping": [{"path", "message"}]}; empty when nothing was';


--
-- Name: COLUMN event_2027_11.xact; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_11.xact IS 'the transaction that stored it';


--
-- Name: COLUMN event_2027_11.journey_state; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_2027_11.journey_state IS 'where on the customer''s journey its type stands (tracardi.event_type)';


--
-- Name: event_history; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.event_history (
    id uuid NOT NULL,
    external_id text,
    type text NOT NULL,
    kind text NOT NULL,
    "time" timestamp with time zone DEFAULT now() NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    source_id text,
    session_id uuid,
    profile_id uuid,
    properties jsonb DEFAULT '{}'::jsonb NOT NULL,
    context jsonb DEFAULT '{}'::jsonb NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    valid boolean DEFAULT true NOT NULL,
    errors jsonb DEFAULT '{}'::jsonb NOT NULL,
    xact xid8 DEFAULT pg_current_xact_id() NOT NULL,
    journey_state text,
    tenant text DEFAULT 'acme'::text NOT NULL,
    CONSTRAINT event_type_check CHECK (((char_length(type) >= 1) AND (char_length(type) <= 255)))
);


ALTER TABLE tracardi.event_history OWNER TO dump_owner;

--
-- Name: TABLE event_history; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.event_history IS 'events from before the first month of tracardi in this database';


--
-- Name: event_key; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.event_key (
    id uuid NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL
);


ALTER TABLE tracardi.event_key OWNER TO dump_owner;

--
-- Name: TABLE event_key; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.event_key IS 'the exactly-once memory: ids of events that a client chose, kept for tracardi.event_key_retention';


--
-- Name: COLUMN event_key.id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_key.id IS 'the event''s id';


--
-- Name: COLUMN event_key.received_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_key.received_at IS 'when it arrived here';


--
-- Name: event_rejected; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.event_rejected (
    id uuid NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    source_id text,
    session_id text,
    profile_id text,
    options jsonb DEFAULT '{}'::jsonb NOT NULL,
    skew bigint DEFAULT 0 NOT NULL,
    event text NOT NULL,
    code text NOT NULL,
    message text NOT NULL,
    path text
);


ALTER TABLE tracardi.event_rejected OWNER TO dump_owner;

--
-- Name: TABLE event_rejected; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.event_rejected IS 'what could not be accepted as an event, whole; see tracardi.retry_rejected';


--
-- Name: COLUMN event_rejected.id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_rejected.id IS 'what tracardi.retry_rejected takes';


--
-- Name: COLUMN event_rejected.received_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_rejected.received_at IS 'when it arrived here';


--
-- Name: COLUMN event_rejected.source_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_rejected.source_id IS 'the source it came from';


--
-- Name: COLUMN event_rejected.session_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_rejected.session_id IS 'the session it came in';


--
-- Name: COLUMN event_rejected.profile_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_rejected.profile_id IS 'the profile it came for';


--
-- Name: COLUMN event_rejected.options; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_rejected.options IS 'what its payload asked for: {"profileLess", "saveProfile", "saveSession"}';


--
-- Name: COLUMN event_rejected.skew; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_rejected.skew IS 'by how many microseconds the client''s clock was behind';


--
-- Name: COLUMN event_rejected.event; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_rejected.event IS 'the event as it came: text, for jsonb can''t hold everything';


--
-- Name: COLUMN event_rejected.code; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_rejected.code IS 'the SQLSTATE of the reason';


--
-- Name: COLUMN event_rejected.message; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_rejected.message IS 'the reason';


--
-- Name: COLUMN event_rejected.path; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.event_rejected.path IS 'where in the payload the reason stands, as a JSON path';


--
-- Name: instance; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.instance (
    singleton boolean DEFAULT true NOT NULL,
    system_identifier bigint NOT NULL,
    database oid NOT NULL,
    activated_at timestamp with time zone DEFAULT now() NOT NULL,
    search_path text NOT NULL,
    system_types text[] DEFAULT '{}'::text[] NOT NULL,
    xact_offset bigint DEFAULT 0 NOT NULL,
    CONSTRAINT instance_check CHECK (singleton)
);


ALTER TABLE tracardi.instance OWNER TO dump_owner;

--
-- Name: TABLE instance; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.instance IS 'one row: for which database tracardi was set up, so that a restored copy is told from the original';


--
-- Name: COLUMN instance.singleton; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.instance.singleton IS 'true: there is one row';


--
-- Name: COLUMN instance.system_identifier; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.instance.system_identifier IS 'the cluster (pg_control_system)';


--
-- Name: COLUMN instance.database; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.instance.database IS 'the database (pg_database.oid)';


--
-- Name: COLUMN instance.activated_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.instance.activated_at IS 'when this cluster and database became the instance';


--
-- Name: COLUMN instance.search_path; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.instance.search_path IS 'the path under which events are stored and triggers of the data tables run: that of setup()''s caller';


--
-- Name: COLUMN instance.system_types; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.instance.system_types IS 'the types that a stored system event may have';


--
-- Name: COLUMN instance.xact_offset; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.instance.xact_offset IS 'what event.xact adds to the cluster''s transaction ids: more than 0 in a copy whose cluster counts from less than the original''s';


--
-- Name: merge_key; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.merge_key (
    id uuid NOT NULL,
    profile_id uuid NOT NULL,
    profiles integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


ALTER TABLE tracardi.merge_key OWNER TO dump_owner;

--
-- Name: TABLE merge_key; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.merge_key IS 'values by which profiles are known as one person''s (tracardi.identification_point), as salted hashes';


--
-- Name: COLUMN merge_key.id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.merge_key.id IS 'the salted hash of the property''s path and value';


--
-- Name: COLUMN merge_key.profile_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.merge_key.profile_id IS 'whose value it is (tracardi.profile.id, or an id that the profile had before)';


--
-- Name: COLUMN merge_key.profiles; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.merge_key.profiles IS 'how many profiles had this value; from tracardi.merge_limit on it joins no more';


--
-- Name: COLUMN merge_key.created_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.merge_key.created_at IS 'when the value came first';


--
-- Name: merge_salt; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.merge_salt (
    singleton boolean DEFAULT true NOT NULL,
    salt bytea NOT NULL,
    CONSTRAINT merge_salt_check CHECK (singleton)
);


ALTER TABLE tracardi.merge_salt OWNER TO dump_owner;

--
-- Name: TABLE merge_salt; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.merge_salt IS 'one row: what makes the hashes of tracardi.merge_key unguessable; only the owner may read it';


--
-- Name: COLUMN merge_salt.singleton; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.merge_salt.singleton IS 'true: there is one row';


--
-- Name: COLUMN merge_salt.salt; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.merge_salt.salt IS 'random; should it change, no value is known again';


--
-- Name: profile_alias; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.profile_alias (
    id uuid NOT NULL,
    profile_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    settled boolean DEFAULT false NOT NULL
);


ALTER TABLE tracardi.profile_alias OWNER TO dump_owner;

--
-- Name: TABLE profile_alias; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.profile_alias IS 'every other id of a profile: an old id resolves for ever';


--
-- Name: COLUMN profile_alias.id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.profile_alias.id IS 'the other id';


--
-- Name: COLUMN profile_alias.profile_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.profile_alias.profile_id IS 'the profile that it stands for (tracardi.profile.id)';


--
-- Name: COLUMN profile_alias.created_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.profile_alias.created_at IS 'when the alias was made';


--
-- Name: COLUMN profile_alias.settled; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.profile_alias.settled IS 'false: maintain() still looks for events and sessions under the other id';


--
-- Name: person_event; Type: VIEW; Schema: tracardi; Owner: dump_owner
--

CREATE VIEW tracardi.person_event WITH (security_invoker='true') AS
 SELECT e.profile_id AS person_id,
    e.id,
    e.external_id,
    e.type,
    e.kind,
    e."time",
    e.received_at,
    e.source_id,
    e.session_id,
    e.profile_id,
    e.properties,
    e.context,
    e.tags,
    e.valid,
    e.errors,
    e.xact,
    e.journey_state
   FROM tracardi.event e
  WHERE ((e.profile_id IS NOT NULL) AND (NOT (EXISTS ( SELECT
           FROM tracardi.profile_alias a
          WHERE (a.id = e.profile_id)))))
UNION ALL
 SELECT a.profile_id AS person_id,
    e.id,
    e.external_id,
    e.type,
    e.kind,
    e."time",
    e.received_at,
    e.source_id,
    e.session_id,
    e.profile_id,
    e.properties,
    e.context,
    e.tags,
    e.valid,
    e.errors,
    e.xact,
    e.journey_state
   FROM (tracardi.profile_alias a
     JOIN tracardi.event e ON ((e.profile_id = a.id)));


ALTER TABLE tracardi.person_event OWNER TO dump_owner;

--
-- Name: VIEW person_event; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON VIEW tracardi.person_event IS 'the events of people, also where an event still stands under an id that its person had before: exact at every moment';


--
-- Name: COLUMN person_event.person_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.person_event.person_id IS 'whom it belongs to now (tracardi.profile.id)';


--
-- Name: COLUMN person_event.id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.person_event.id IS 'the event''s id: the client''s UUID, or made from its text (tracardi.event_id), or a UUIDv7';


--
-- Name: COLUMN person_event.external_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.person_event.external_id IS 'the id as the client wrote it, when that was not a UUID';


--
-- Name: COLUMN person_event.type; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.person_event.type IS 'what happened: page-view, purchase, ... (trimmed, lower case, each blank a hyphen)';


--
-- Name: COLUMN person_event.kind; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.person_event.kind IS 'profile (belongs to a profile), profileless (belongs to nobody) or system (made by tracardi); ephemeral events are never stored';


--
-- Name: COLUMN person_event."time"; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.person_event."time" IS 'when it happened';


--
-- Name: COLUMN person_event.received_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.person_event.received_at IS 'when it arrived here';


--
-- Name: COLUMN person_event.source_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.person_event.source_id IS 'the source it came from (tracardi.event_source)';


--
-- Name: COLUMN person_event.session_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.person_event.session_id IS 'the session it happened in (tracardi.session), if any';


--
-- Name: COLUMN person_event.profile_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.person_event.profile_id IS 'whom it belongs to (tracardi.profile); never null for kind profile, always null for kind profileless';


--
-- Name: COLUMN person_event.properties; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.person_event.properties IS 'what the client says of the event: a JSON object';


--
-- Name: COLUMN person_event.context; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.person_event.context IS 'where it happened (page, screen, ...): a JSON object';


--
-- Name: COLUMN person_event.tags; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.person_event.tags IS 'labels';


--
-- Name: COLUMN person_event.valid; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.person_event.valid IS 'false: it failed a check of its type; see errors';


--
-- Name: COLUMN person_event.errors; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.person_event.errors IS 'what was wrong with it: {"schema": [{"path", "message", "schema"}]}; and what could not be mapped to its profile: {"mapping": [{"path", "message"}]}; empty when nothing was';


--
-- Name: COLUMN person_event.xact; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.person_event.xact IS 'the transaction that stored it';


--
-- Name: COLUMN person_event.journey_state; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.person_event.journey_state IS 'where on the customer''s journey its type stands (tracardi.event_type)';


--
-- Name: subscription; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.subscription (
    name text NOT NULL,
    description text,
    event_type text,
    source_id text,
    kinds text[],
    condition jsonpath,
    after pg_snapshot NOT NULL,
    upto pg_snapshot,
    batch bigint DEFAULT 0 NOT NULL,
    xact xid8,
    "time" timestamp with time zone,
    id uuid,
    told pg_snapshot NOT NULL,
    told_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT subscription_kinds_check CHECK ((kinds <@ '{profile,profileless,system}'::text[])),
    CONSTRAINT subscription_name_check CHECK (((name = btrim(name)) AND (name <> ''::text) AND (char_length(name) <= 255)))
);


ALTER TABLE tracardi.subscription OWNER TO dump_owner;

--
-- Name: TABLE subscription; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.subscription IS 'consumers outside of the database, and how far each has come: see tracardi.poll';


--
-- Name: COLUMN subscription.name; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.subscription.name IS 'the subscription''s name: what NOTIFY carries';


--
-- Name: COLUMN subscription.description; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.subscription.description IS 'a description for people';


--
-- Name: COLUMN subscription.event_type; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.subscription.event_type IS 'only events of this type; null: of all types';


--
-- Name: COLUMN subscription.source_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.subscription.source_id IS 'only events from this source; null: from all sources';


--
-- Name: COLUMN subscription.kinds; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.subscription.kinds IS 'only events of these kinds; null: of all that are stored';


--
-- Name: COLUMN subscription.condition; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.subscription.condition IS 'only events for which this holds, as for a workflow';


--
-- Name: COLUMN subscription.after; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.subscription.after IS 'events that this snapshot sees are done';


--
-- Name: COLUMN subscription.upto; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.subscription.upto IS 'the batch ends with the events that this snapshot sees; null: none is open';


--
-- Name: COLUMN subscription.batch; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.subscription.batch IS 'the batch''s number';


--
-- Name: COLUMN subscription.xact; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.subscription.xact IS 'the transaction of the last event that is done in the batch; null: none is';


--
-- Name: COLUMN subscription."time"; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.subscription."time" IS 'the time of that event';


--
-- Name: COLUMN subscription.id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.subscription.id IS 'the id of that event';


--
-- Name: COLUMN subscription.told; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.subscription.told IS 'of events that this snapshot sees, NOTIFY has told';


--
-- Name: COLUMN subscription.told_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.subscription.told_at IS 'when NOTIFY told last';


--
-- Name: COLUMN subscription.created_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.subscription.created_at IS 'when it was made';


--
-- Name: workflow_cursor; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.workflow_cursor (
    workflow text NOT NULL,
    shard integer DEFAULT 0 NOT NULL,
    shards integer DEFAULT 1 NOT NULL,
    starts pg_snapshot NOT NULL,
    after pg_snapshot NOT NULL,
    upto pg_snapshot,
    xact xid8,
    "time" timestamp with time zone,
    id uuid,
    done boolean DEFAULT false NOT NULL
);


ALTER TABLE tracardi.workflow_cursor OWNER TO dump_owner;

--
-- Name: TABLE workflow_cursor; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.workflow_cursor IS 'how far asynchronous workflows have come: a window of events, and a position in it';


--
-- Name: COLUMN workflow_cursor.workflow; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_cursor.workflow IS 'the workflow (tracardi.workflow.name)';


--
-- Name: COLUMN workflow_cursor.shard; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_cursor.shard IS 'which part of the window''s profiles, from 0';


--
-- Name: COLUMN workflow_cursor.shards; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_cursor.shards IS 'into how many parts the window is divided';


--
-- Name: COLUMN workflow_cursor.starts; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_cursor.starts IS 'what was stored when the workflow was registered, as in tracardi.workflow';


--
-- Name: COLUMN workflow_cursor.after; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_cursor.after IS 'events that this snapshot sees are done';


--
-- Name: COLUMN workflow_cursor.upto; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_cursor.upto IS 'the window ends with the events that this snapshot sees; null: no window is open';


--
-- Name: COLUMN workflow_cursor.xact; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_cursor.xact IS 'the transaction of the last event that is done in the window; null: none is';


--
-- Name: COLUMN workflow_cursor."time"; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_cursor."time" IS 'the time of that event';


--
-- Name: COLUMN workflow_cursor.id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_cursor.id IS 'the id of that event';


--
-- Name: COLUMN workflow_cursor.done; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_cursor.done IS 'whether this part of the window is done';


--
-- Name: workflow_failure; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.workflow_failure (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workflow text NOT NULL,
    event_id uuid,
    event jsonb,
    code text NOT NULL,
    message text NOT NULL,
    attempts integer DEFAULT 1 NOT NULL,
    first_failed_at timestamp with time zone DEFAULT now() NOT NULL,
    last_failed_at timestamp with time zone DEFAULT now() NOT NULL,
    event_time timestamp with time zone,
    status text DEFAULT 'dead'::text NOT NULL,
    next_attempt_at timestamp with time zone,
    CONSTRAINT workflow_failure_status_check CHECK ((status = ANY (ARRAY['waiting'::text, 'dead'::text])))
);


ALTER TABLE tracardi.workflow_failure OWNER TO dump_owner;

--
-- Name: TABLE workflow_failure; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.workflow_failure IS 'workflows that failed for an event';


--
-- Name: COLUMN workflow_failure.id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_failure.id IS 'the failure''s id';


--
-- Name: COLUMN workflow_failure.workflow; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_failure.workflow IS 'the workflow''s name';


--
-- Name: COLUMN workflow_failure.event_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_failure.event_id IS 'the event''s id';


--
-- Name: COLUMN workflow_failure.event; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_failure.event IS 'the event; null for an ephemeral one';


--
-- Name: COLUMN workflow_failure.code; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_failure.code IS 'the SQLSTATE';


--
-- Name: COLUMN workflow_failure.message; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_failure.message IS 'the error''s message; for an ephemeral event only that it failed';


--
-- Name: COLUMN workflow_failure.attempts; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_failure.attempts IS 'how often it was tried';


--
-- Name: COLUMN workflow_failure.first_failed_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_failure.first_failed_at IS 'when it failed first';


--
-- Name: COLUMN workflow_failure.last_failed_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_failure.last_failed_at IS 'when it failed last';


--
-- Name: COLUMN workflow_failure.event_time; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_failure.event_time IS 'the event''s time, with its id the key of tracardi.event; null for an ephemeral one';


--
-- Name: COLUMN workflow_failure.status; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_failure.status IS 'waiting: it is tried again at next_attempt_at; dead: it is not, until tracardi.retry_failure';


--
-- Name: COLUMN workflow_failure.next_attempt_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_failure.next_attempt_at IS 'when it is tried again; null: never by itself';


--
-- Name: workflow_replay; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.workflow_replay (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workflow text NOT NULL,
    "from" timestamp with time zone NOT NULL,
    "to" timestamp with time zone NOT NULL,
    upto pg_snapshot NOT NULL,
    "time" timestamp with time zone,
    event_id uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


ALTER TABLE tracardi.workflow_replay OWNER TO dump_owner;

--
-- Name: TABLE workflow_replay; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.workflow_replay IS 'events for which workflows are to run once more: a row is gone when its replay is done';


--
-- Name: COLUMN workflow_replay.id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_replay.id IS 'the replay''s id';


--
-- Name: COLUMN workflow_replay.workflow; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_replay.workflow IS 'the workflow (tracardi.workflow.name)';


--
-- Name: COLUMN workflow_replay."from"; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_replay."from" IS 'events from this time on';


--
-- Name: COLUMN workflow_replay."to"; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_replay."to" IS 'events before this time';


--
-- Name: COLUMN workflow_replay.upto; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_replay.upto IS 'events that were stored when it was asked for';


--
-- Name: COLUMN workflow_replay."time"; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_replay."time" IS 'the time of the last event that is done; null: none is';


--
-- Name: COLUMN workflow_replay.event_id; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_replay.event_id IS 'the id of that event';


--
-- Name: COLUMN workflow_replay.created_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_replay.created_at IS 'when it was asked for';


--
-- Name: workflow_tick; Type: TABLE; Schema: tracardi; Owner: dump_owner
--

CREATE TABLE tracardi.workflow_tick (
    workflow text NOT NULL,
    at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    upto pg_snapshot NOT NULL
);


ALTER TABLE tracardi.workflow_tick OWNER TO dump_owner;

--
-- Name: TABLE workflow_tick; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON TABLE tracardi.workflow_tick IS 'what was stored at which moment, for workflows with a delay: some hundred rows for each';


--
-- Name: COLUMN workflow_tick.workflow; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_tick.workflow IS 'the workflow (tracardi.workflow.name)';


--
-- Name: COLUMN workflow_tick.at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_tick.at IS 'the moment';


--
-- Name: COLUMN workflow_tick.due_at; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_tick.due_at IS 'the moment and the delay: then the workflow runs for what was stored by then';


--
-- Name: COLUMN workflow_tick.upto; Type: COMMENT; Schema: tracardi; Owner: dump_owner
--

COMMENT ON COLUMN tracardi.workflow_tick.upto IS 'what was stored by then';


--
-- Name: event_2026_11; Type: TABLE ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event ATTACH PARTITION tracardi.event_2026_11 FOR VALUES FROM ('2026-11-01 00:00:00+00') TO ('2026-12-01 00:00:00+00');


--
-- Name: event_2026_12; Type: TABLE ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event ATTACH PARTITION tracardi.event_2026_12 FOR VALUES FROM ('2026-12-01 00:00:00+00') TO ('2027-01-01 00:00:00+00');


--
-- Name: event_2027_01; Type: TABLE ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event ATTACH PARTITION tracardi.event_2027_01 FOR VALUES FROM ('2027-01-01 00:00:00+00') TO ('2027-02-01 00:00:00+00');


--
-- Name: event_2027_02; Type: TABLE ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event ATTACH PARTITION tracardi.event_2027_02 FOR VALUES FROM ('2027-02-01 00:00:00+00') TO ('2027-03-01 00:00:00+00');


--
-- Name: event_2027_03; Type: TABLE ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event ATTACH PARTITION tracardi.event_2027_03 FOR VALUES FROM ('2027-03-01 00:00:00+00') TO ('2027-04-01 00:00:00+00');


--
-- Name: event_2027_04; Type: TABLE ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event ATTACH PARTITION tracardi.event_2027_04 FOR VALUES FROM ('2027-04-01 00:00:00+00') TO ('2027-05-01 00:00:00+00');


--
-- Name: event_2027_05; Type: TABLE ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event ATTACH PARTITION tracardi.event_2027_05 FOR VALUES FROM ('2027-05-01 00:00:00+00') TO ('2027-06-01 00:00:00+00');


--
-- Name: event_2027_06; Type: TABLE ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event ATTACH PARTITION tracardi.event_2027_06 FOR VALUES FROM ('2027-06-01 00:00:00+00') TO ('2027-07-01 00:00:00+00');


--
-- Name: event_2027_07; Type: TABLE ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event ATTACH PARTITION tracardi.event_2027_07 FOR VALUES FROM ('2027-07-01 00:00:00+00') TO ('2027-08-01 00:00:00+00');


--
-- Name: event_2027_08; Type: TABLE ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event ATTACH PARTITION tracardi.event_2027_08 FOR VALUES FROM ('2027-08-01 00:00:00+00') TO ('2027-09-01 00:00:00+00');


--
-- Name: event_2027_09; Type: TABLE ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event ATTACH PARTITION tracardi.event_2027_09 FOR VALUES FROM ('2027-09-01 00:00:00+00') TO ('2027-10-01 00:00:00+00');


--
-- Name: event_2027_10; Type: TABLE ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event ATTACH PARTITION tracardi.event_2027_10 FOR VALUES FROM ('2027-10-01 00:00:00+00') TO ('2027-11-01 00:00:00+00');


--
-- Name: event_2027_11; Type: TABLE ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event ATTACH PARTITION tracardi.event_2027_11 FOR VALUES FROM ('2027-11-01 00:00:00+00') TO ('2027-12-01 00:00:00+00');


--
-- Name: event_history; Type: TABLE ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event ATTACH PARTITION tracardi.event_history FOR VALUES FROM (MINVALUE) TO ('2026-11-01 00:00:00+00');


--
-- Data for Name: audit; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.audit (event, "time", by) FROM stdin;
01a2243f-1e51-726f-b962-a7e926a0b53d	2026-11-28 22:20:46.033154+00	dump_owner
01a2243f-1e51-7270-a646-74aab2c937f6	2026-11-28 22:20:46.033155+00	dump_owner
7e0f6680-6ce6-5ccd-995c-f446ee90c300	2026-11-28 22:20:46.033156+00	dump_owner
0192f3a0-0000-7000-8000-00000000000a	2026-11-28 22:20:46.033157+00	dump_owner
01a2243f-1e55-7856-a180-c0e6af5cb005	2020-02-29 11:59:59.999999+00	dump_owner
d8fa2bc3-8681-550a-ae7f-44c93d6bbd55	2020-02-29 12:00:00+00	dump_owner
01a2243f-1e56-7d81-a9fd-f073ad74f5a5	2026-11-28 22:20:46.038844+00	dump_owner
7619144b-667d-503d-bb89-f1f22464b79b	2026-11-27 22:20:46.036848+00	dump_owner
e77b8d1d-3932-554e-adaf-bb5b438a4a1d	2026-11-28 22:20:46.036848+00	dump_owner
01a2243f-1e58-7106-beb7-1bff3ba07039	2026-11-28 22:20:46.040068+00	dump_owner
09205490-fe1e-4909-a5ff-3a428305f1a7	2027-01-07 22:20:46.040212+00	postgres
b6aa282b-7504-4c74-bcd0-cb5ae50be057	2027-02-06 22:20:46.040212+00	postgres
01a2243f-1e59-718b-8301-c298f740e2f9	2026-11-28 22:20:46.041098+00	dump_owner
01a2243f-1e59-718c-9374-9fb2d7792447	2026-11-28 22:20:46.041099+00	dump_owner
01a2243f-1e59-7189-8816-166a6e1decdb	2026-11-28 22:20:46.0411+00	dump_owner
01a2243f-1e5a-7d08-97dc-7fea72731f4e	2026-11-28 22:20:46.042816+00	dump_owner
01a2243f-1e5a-7d09-a04f-331e36c79ca5	2026-11-28 22:20:46.042817+00	dump_owner
01a2243f-1e5a-7d06-808a-b1a5e27e042c	2026-11-28 22:20:46.042818+00	dump_owner
01a2243f-1e5b-724a-8854-261c5ad64f6c	2026-11-28 22:20:46.043146+00	dump_owner
01a2243f-1e5b-7249-99f3-f9514d4630ae	2026-11-28 22:20:46.043147+00	dump_owner
\.


--
-- Data for Name: consent_rule; Type: TABLE DATA; Schema: tracardi; Owner: postgres
--

COPY tracardi.consent_rule (name, description, event_type, property, consents, action, enabled, created_at) FROM stdin;
a "rule"	\N	purchase	properties."e mail".0	{"news, letter",b}	hash	t	2026-11-28 22:20:45.990723+00
\.


--
-- Data for Name: consent_type; Type: TABLE DATA; Schema: tracardi; Owner: postgres
--

COPY tracardi.consent_type (name, description, default_value, revokable, auto_revoke, enabled, created_at) FROM stdin;
news, letter	two\nlines	grant	f	1 year 2 days 03:04:05	t	2026-11-28 22:20:45.990405+00
\.


--
-- Data for Name: ephemeral_event; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.ephemeral_event (id, external_id, type, kind, "time", received_at, source_id, session_id, profile_id, properties, context, tags, valid, errors, xact, journey_state) FROM stdin;
\.


--
-- Data for Name: event_2026_11; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.event_2026_11 (id, external_id, type, kind, "time", received_at, source_id, session_id, profile_id, properties, context, tags, valid, errors, xact, journey_state, tenant) FROM stdin;
01a2243f-1e51-726f-b962-a7e926a0b53d	\N	profile-created	system	2026-11-28 22:20:46.033154+00	2026-11-28 22:20:46.033152+00	web	1ddf03b8-2d90-5f82-9cd4-f5e36ee926cc	01a2243f-1e51-726e-b10e-24e79ea65a46	{}	{}	{event:system}	t	{}	773	\N	acme
01a2243f-1e51-7270-a646-74aab2c937f6	\N	visit-started	system	2026-11-28 22:20:46.033155+00	2026-11-28 22:20:46.033152+00	web	1ddf03b8-2d90-5f82-9cd4-f5e36ee926cc	01a2243f-1e51-726e-b10e-24e79ea65a46	{"trigger-event-types": ["page-view", "click", "profile-created"]}	{}	{event:system}	t	{}	773	\N	acme
7e0f6680-6ce6-5ccd-995c-f446ee90c300	one	page-view	profile	2026-11-28 22:20:46.033156+00	2026-11-28 22:20:46.033152+00	web	1ddf03b8-2d90-5f82-9cd4-f5e36ee926cc	01a2243f-1e51-726e-b10e-24e79ea65a46	{"title": "Café \\"tab\\t\\\\"}	{}	{"a b","c,d",activity:browsing,event:behavioral}	t	{}	773	awareness	acme
0192f3a0-0000-7000-8000-00000000000a	\N	click	profile	2026-11-28 22:20:46.033157+00	2026-11-28 22:20:46.033152+00	web	1ddf03b8-2d90-5f82-9cd4-f5e36ee926cc	01a2243f-1e51-726e-b10e-24e79ea65a46	{}	{}	{}	t	{}	773	\N	acme
01a2243f-1e56-7d81-a9fd-f073ad74f5a5	\N	segment-entered	system	2026-11-28 22:20:46.038844+00	2026-11-28 22:20:46.037521+00	sql	\N	1c4a1996-a845-54d0-9790-21d510713b76	{"segment": "buyers"}	{}	{event:system}	t	{}	774	\N	acme
7619144b-667d-503d-bb89-f1f22464b79b	order-2	purchase	profile	2026-11-27 22:20:46.036848+00	2026-11-28 22:20:46.039003+00	sql	\N	1c4a1996-a845-54d0-9790-21d510713b76	{"price": 13.45}	{"price": 13.45}	{sale,"a, b"}	t	{}	774	purchase	acme
e77b8d1d-3932-554e-adaf-bb5b438a4a1d	order-3	purchase	profile	2026-11-28 22:20:46.036848+00	2026-11-28 22:20:46.039631+00	sql	\N	1c4a1996-a845-54d0-9790-21d510713b76	{"price": 13.45}	{"price": 13.45}	{sale,"a, b"}	t	{}	774	purchase	acme
01a2243f-1e58-7106-beb7-1bff3ba07039	\N	temperature	profileless	2026-11-28 22:20:46.040068+00	2026-11-28 22:20:46.040064+00	sql	\N	\N	{"value": 21.5}	{}	{}	t	{}	775	\N	acme
01a2243f-1e59-718b-8301-c298f740e2f9	\N	profile-created	system	2026-11-28 22:20:46.041098+00	2026-11-28 22:20:46.041096+00	web	8fdf5b6c-ae9e-5417-8c04-0461c45cd02d	01a2243f-1e59-718a-a258-c8a639087bb1	{}	{}	{event:system}	t	{}	777	\N	acme
01a2243f-1e59-718c-9374-9fb2d7792447	\N	visit-started	system	2026-11-28 22:20:46.041099+00	2026-11-28 22:20:46.041096+00	web	8fdf5b6c-ae9e-5417-8c04-0461c45cd02d	01a2243f-1e59-718a-a258-c8a639087bb1	{"trigger-event-types": ["sign-in", "profile-created"]}	{}	{event:system}	t	{}	777	\N	acme
01a2243f-1e59-7189-8816-166a6e1decdb	\N	sign-in	profile	2026-11-28 22:20:46.0411+00	2026-11-28 22:20:46.041096+00	web	8fdf5b6c-ae9e-5417-8c04-0461c45cd02d	01a2243f-1e59-718a-a258-c8a639087bb1	{"email": {"main": "ann@example.com"}}	{}	{event:behavioral}	t	{}	777	consideration	acme
01a2243f-1e5a-7d08-97dc-7fea72731f4e	\N	profile-created	system	2026-11-28 22:20:46.042816+00	2026-11-28 22:20:46.042814+00	web	8f3b3595-5be6-574b-8f05-45590b665990	01a2243f-1e59-718a-a258-c8a639087bb1	{}	{}	{event:system}	t	{}	778	\N	acme
01a2243f-1e5a-7d09-a04f-331e36c79ca5	\N	visit-started	system	2026-11-28 22:20:46.042817+00	2026-11-28 22:20:46.042814+00	web	8f3b3595-5be6-574b-8f05-45590b665990	01a2243f-1e59-718a-a258-c8a639087bb1	{"trigger-event-types": ["page-view", "profile-created"]}	{}	{event:system}	t	{}	778	\N	acme
01a2243f-1e5a-7d06-808a-b1a5e27e042c	\N	page-view	profile	2026-11-28 22:20:46.042818+00	2026-11-28 22:20:46.042814+00	web	8f3b3595-5be6-574b-8f05-45590b665990	01a2243f-1e59-718a-a258-c8a639087bb1	{}	{}	{activity:browsing,event:behavioral}	t	{}	778	awareness	acme
01a2243f-1e5b-724a-8854-261c5ad64f6c	\N	profile-merged	system	2026-11-28 22:20:46.043146+00	2026-11-28 22:20:46.043143+00	web	8f3b3595-5be6-574b-8f05-45590b665990	01a2243f-1e59-718a-a258-c8a639087bb1	{"losers": ["01a2243f-1e5a-7d07-b24c-13c38ce9587b"], "winner": "01a2243f-1e59-718a-a258-c8a639087bb1"}	{}	{event:system}	t	{}	779	\N	acme
01a2243f-1e5b-7249-99f3-f9514d4630ae	\N	sign-in	profile	2026-11-28 22:20:46.043147+00	2026-11-28 22:20:46.043143+00	web	8f3b3595-5be6-574b-8f05-45590b665990	01a2243f-1e59-718a-a258-c8a639087bb1	{"email": {"main": "ann@example.com"}}	{}	{event:behavioral}	t	{}	779	consideration	acme
\.


--
-- Data for Name: event_2026_12; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.event_2026_12 (id, external_id, type, kind, "time", received_at, source_id, session_id, profile_id, properties, context, tags, valid, errors, xact, journey_state, tenant) FROM stdin;
\.


--
-- Data for Name: event_2027_01; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.event_2027_01 (id, external_id, type, kind, "time", received_at, source_id, session_id, profile_id, properties, context, tags, valid, errors, xact, journey_state, tenant) FROM stdin;
09205490-fe1e-4909-a5ff-3a428305f1a7	\N	forecast	profileless	2027-01-07 22:20:46.040212+00	2026-11-28 22:20:46.040212+00	\N	\N	\N	{}	{}	{}	t	{}	776	\N	acme
\.


--
-- Data for Name: event_2027_02; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.event_2027_02 (id, external_id, type, kind, "time", received_at, source_id, session_id, profile_id, properties, context, tags, valid, errors, xact, journey_state, tenant) FROM stdin;
b6aa282b-7504-4c74-bcd0-cb5ae50be057	\N	stock-empty	system	2027-02-06 22:20:46.040212+00	2026-11-28 22:20:46.040212+00	\N	\N	\N	{}	{}	{}	t	{}	776	\N	acme
\.


--
-- Data for Name: event_2027_03; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.event_2027_03 (id, external_id, type, kind, "time", received_at, source_id, session_id, profile_id, properties, context, tags, valid, errors, xact, journey_state, tenant) FROM stdin;
\.


--
-- Data for Name: event_2027_04; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.event_2027_04 (id, external_id, type, kind, "time", received_at, source_id, session_id, profile_id, properties, context, tags, valid, errors, xact, journey_state, tenant) FROM stdin;
\.


--
-- Data for Name: event_2027_05; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.event_2027_05 (id, external_id, type, kind, "time", received_at, source_id, session_id, profile_id, properties, context, tags, valid, errors, xact, journey_state, tenant) FROM stdin;
\.


--
-- Data for Name: event_2027_06; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.event_2027_06 (id, external_id, type, kind, "time", received_at, source_id, session_id, profile_id, properties, context, tags, valid, errors, xact, journey_state, tenant) FROM stdin;
\.


--
-- Data for Name: event_2027_07; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.event_2027_07 (id, external_id, type, kind, "time", received_at, source_id, session_id, profile_id, properties, context, tags, valid, errors, xact, journey_state, tenant) FROM stdin;
\.


--
-- Data for Name: event_2027_08; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.event_2027_08 (id, external_id, type, kind, "time", received_at, source_id, session_id, profile_id, properties, context, tags, valid, errors, xact, journey_state, tenant) FROM stdin;
\.


--
-- Data for Name: event_2027_09; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.event_2027_09 (id, external_id, type, kind, "time", received_at, source_id, session_id, profile_id, properties, context, tags, valid, errors, xact, journey_state, tenant) FROM stdin;
\.


--
-- Data for Name: event_2027_10; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.event_2027_10 (id, external_id, type, kind, "time", received_at, source_id, session_id, profile_id, properties, context, tags, valid, errors, xact, journey_state, tenant) FROM stdin;
\.


--
-- Data for Name: event_2027_11; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.event_2027_11 (id, external_id, type, kind, "time", received_at, source_id, session_id, profile_id, properties, context, tags, valid, errors, xact, journey_state, tenant) FROM stdin;
\.


--
-- Data for Name: event_history; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.event_history (id, external_id, type, kind, "time", received_at, source_id, session_id, profile_id, properties, context, tags, valid, errors, xact, journey_state, tenant) FROM stdin;
01a2243f-1e55-7856-a180-c0e6af5cb005	\N	profile-created	system	2020-02-29 11:59:59.999999+00	2026-11-28 22:20:46.037521+00	sql	\N	1c4a1996-a845-54d0-9790-21d510713b76	{}	{}	{event:system}	t	{}	774	\N	acme
d8fa2bc3-8681-550a-ae7f-44c93d6bbd55	order-1	purchase	profile	2020-02-29 12:00:00+00	2026-11-28 22:20:46.037521+00	sql	\N	1c4a1996-a845-54d0-9790-21d510713b76	{"price": 13.45}	{"price": 13.45}	{sale,"a, b"}	t	{}	774	purchase	acme
\.


--
-- Data for Name: event_key; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.event_key (id, received_at) FROM stdin;
0192f3a0-0000-7000-8000-00000000000a	2026-11-28 22:20:46.033152+00
7e0f6680-6ce6-5ccd-995c-f446ee90c300	2026-11-28 22:20:46.033152+00
d8fa2bc3-8681-550a-ae7f-44c93d6bbd55	2026-11-28 22:20:46.037521+00
7619144b-667d-503d-bb89-f1f22464b79b	2026-11-28 22:20:46.039003+00
e77b8d1d-3932-554e-adaf-bb5b438a4a1d	2026-11-28 22:20:46.039631+00
\.


--
-- Data for Name: event_mapping; Type: TABLE DATA; Schema: tracardi; Owner: postgres
--

COPY tracardi.event_mapping (event_type, profile_path, ordinal, operation, source, value, condition, enabled, description) FROM stdin;
sign-in	data.contact.email.main	0	equals	properties.email.main	\N	\N	t	\N
sign-in	data.contact.email.private	0	equals	properties.email.private	\N	\N	t	\N
sign-in	data.contact.email.business	0	equals	properties.email.business	\N	\N	t	\N
sign-up	data.contact.email.main	0	equals	properties.email.main	\N	\N	t	\N
sign-up	data.contact.email.private	0	equals	properties.email.private	\N	\N	t	\N
sign-up	data.contact.email.business	0	equals	properties.email.business	\N	\N	t	\N
identification	data.contact.email.main	0	equals	properties.email.main	\N	\N	t	\N
identification	data.contact.email.private	0	equals	properties.email.private	\N	\N	t	\N
identification	data.contact.email.business	0	equals	properties.email.business	\N	\N	t	\N
sign-in	data.contact.phone.main	0	equals	properties.phone.main	\N	\N	t	\N
sign-in	data.contact.phone.mobile	0	equals	properties.phone.mobile	\N	\N	t	\N
sign-in	data.contact.phone.business	0	equals	properties.phone.business	\N	\N	t	\N
sign-in	data.contact.phone.whatsapp	0	equals	properties.phone.whatsapp	\N	\N	t	\N
identification	data.contact.phone.main	0	equals	properties.phone.main	\N	\N	t	\N
identification	data.contact.phone.mobile	0	equals	properties.phone.mobile	\N	\N	t	\N
identification	data.contact.phone.business	0	equals	properties.phone.business	\N	\N	t	\N
identification	data.contact.phone.whatsapp	0	equals	properties.phone.whatsapp	\N	\N	t	\N
sign-in	data.identifier.pk	0	equals	properties.pk	\N	\N	t	\N
identification	data.identifier.pk	0	equals	properties.pk	\N	\N	t	\N
sign-up	data.pii.firstname	0	equals	properties.firstname	\N	\N	t	\N
sign-up	data.pii.lastname	0	equals	properties.lastname	\N	\N	t	\N
identification	data.pii.firstname	0	equals	properties.firstname	\N	\N	t	\N
identification	data.pii.lastname	0	equals	properties.lastname	\N	\N	t	\N
identification	data.identifier.id	0	equals	properties.id	\N	\N	t	\N
identification	data.identifier.passport	0	equals	properties.passport	\N	\N	t	\N
identification	data.identifier.credit_card	0	equals	properties.credit_card	\N	\N	t	\N
identification	data.identifier.badge	0	equals	properties.badge	\N	\N	t	\N
identification	data.contact.app.twitter	0	equals	properties.twitter	\N	\N	t	\N
identification	data.contact.app.whatsapp	0	equals	properties.whatsapp	\N	\N	t	\N
identification	data.contact.app.discord	0	equals	properties.discord	\N	\N	t	\N
identification	data.contact.app.slack	0	equals	properties.slack	\N	\N	t	\N
identification	data.contact.app.telegram	0	equals	properties.telegram	\N	\N	t	\N
identification	data.contact.app.wechat	0	equals	properties.wechat	\N	\N	t	\N
identification	data.contact.app.viber	0	equals	properties.viber	\N	\N	t	\N
identification	data.contact.app.signal	0	equals	properties.signal	\N	\N	t	\N
delivery-info-entered	data.contact.address.town	0	equals	properties.delivery.town	\N	\N	t	\N
delivery-info-entered	data.contact.address.county	0	equals	properties.delivery.county	\N	\N	t	\N
delivery-info-entered	data.contact.address.country	0	equals	properties.delivery.country	\N	\N	t	\N
delivery-info-entered	data.contact.address.postcode	0	equals	properties.delivery.postcode	\N	\N	t	\N
delivery-info-entered	data.contact.address.street	0	equals	properties.delivery.street	\N	\N	t	\N
loyalty-card-added	data.loyalty.card.id	0	equals	properties.id	\N	\N	t	\N
loyalty-card-added	data.loyalty.card.name	0	equals	properties.name	\N	\N	t	\N
loyalty-card-added	data.loyalty.card.issuer	0	equals	properties.issuer	\N	\N	t	\N
loyalty-card-added	data.loyalty.card.expires	0	equals	properties.expires	\N	\N	t	\N
messaging-started	data.contact.email.main	0	equals_if_not_exists	properties.identity.email.main	\N	\N	t	\N
messaging-started	data.contact.email.private	0	equals_if_not_exists	properties.identity.email.private	\N	\N	t	\N
messaging-started	data.contact.email.business	0	equals_if_not_exists	properties.identity.email.business	\N	\N	t	\N
message-sent	data.contact.email.main	0	equals_if_not_exists	properties.identity.email.main	\N	\N	t	\N
message-sent	data.contact.email.private	0	equals_if_not_exists	properties.identity.email.private	\N	\N	t	\N
message-sent	data.contact.email.business	0	equals_if_not_exists	properties.identity.email.business	\N	\N	t	\N
message-received	data.contact.email.main	0	equals_if_not_exists	properties.identity.email.main	\N	\N	t	\N
message-received	data.contact.email.private	0	equals_if_not_exists	properties.identity.email.private	\N	\N	t	\N
message-received	data.contact.email.business	0	equals_if_not_exists	properties.identity.email.business	\N	\N	t	\N
message-opened	data.contact.email.main	0	equals_if_not_exists	properties.identity.email.main	\N	\N	t	\N
message-opened	data.contact.email.private	0	equals_if_not_exists	properties.identity.email.private	\N	\N	t	\N
message-opened	data.contact.email.business	0	equals_if_not_exists	properties.identity.email.business	\N	\N	t	\N
messaging-ended	data.contact.email.main	0	equals_if_not_exists	properties.identity.email.main	\N	\N	t	\N
messaging-ended	data.contact.email.private	0	equals_if_not_exists	properties.identity.email.private	\N	\N	t	\N
messaging-ended	data.contact.email.business	0	equals_if_not_exists	properties.identity.email.business	\N	\N	t	\N
messaging-started	data.contact.phone.main	0	equals_if_not_exists	properties.identity.phone.main	\N	\N	t	\N
messaging-started	data.contact.phone.mobile	0	equals_if_not_exists	properties.identity.phone.mobile	\N	\N	t	\N
messaging-started	data.contact.phone.business	0	equals_if_not_exists	properties.identity.phone.business	\N	\N	t	\N
messaging-started	data.contact.phone.whatsapp	0	equals_if_not_exists	properties.identity.phone.whatsapp	\N	\N	t	\N
message-sent	data.contact.phone.main	0	equals_if_not_exists	properties.identity.phone.main	\N	\N	t	\N
message-sent	data.contact.phone.mobile	0	equals_if_not_exists	properties.identity.phone.mobile	\N	\N	t	\N
message-sent	data.contact.phone.business	0	equals_if_not_exists	properties.identity.phone.business	\N	\N	t	\N
message-sent	data.contact.phone.whatsapp	0	equals_if_not_exists	properties.identity.phone.whatsapp	\N	\N	t	\N
message-received	data.contact.phone.main	0	equals_if_not_exists	properties.identity.phone.main	\N	\N	t	\N
message-received	data.contact.phone.mobile	0	equals_if_not_exists	properties.identity.phone.mobile	\N	\N	t	\N
message-received	data.contact.phone.business	0	equals_if_not_exists	properties.identity.phone.business	\N	\N	t	\N
message-received	data.contact.phone.whatsapp	0	equals_if_not_exists	properties.identity.phone.whatsapp	\N	\N	t	\N
message-opened	data.contact.phone.main	0	equals_if_not_exists	properties.identity.phone.main	\N	\N	t	\N
message-opened	data.contact.phone.mobile	0	equals_if_not_exists	properties.identity.phone.mobile	\N	\N	t	\N
message-opened	data.contact.phone.business	0	equals_if_not_exists	properties.identity.phone.business	\N	\N	t	\N
message-opened	data.contact.phone.whatsapp	0	equals_if_not_exists	properties.identity.phone.whatsapp	\N	\N	t	\N
messaging-ended	data.contact.phone.main	0	equals_if_not_exists	properties.identity.phone.main	\N	\N	t	\N
messaging-ended	data.contact.phone.mobile	0	equals_if_not_exists	properties.identity.phone.mobile	\N	\N	t	\N
messaging-ended	data.contact.phone.business	0	equals_if_not_exists	properties.identity.phone.business	\N	\N	t	\N
messaging-ended	data.contact.phone.whatsapp	0	equals_if_not_exists	properties.identity.phone.whatsapp	\N	\N	t	\N
profile-update	data.job.position	0	equals	properties.job.position	\N	\N	t	\N
profile-update	data.job.type	0	equals	properties.job.type	\N	\N	t	\N
profile-update	data.job.department	0	equals	properties.job.department	\N	\N	t	\N
profile-update	data.job.salary	0	equals	properties.job.salary	\N	\N	t	\N
profile-update	data.pii.firstname	0	equals	properties.pii.firstname	\N	\N	t	\N
profile-update	data.pii.lastname	0	equals	properties.pii.lastname	\N	\N	t	\N
profile-update	data.pii.display_name	0	equals	properties.pii.display_name	\N	\N	t	\N
profile-update	data.pii.gender	0	equals	properties.pii.gender	\N	\N	t	\N
profile-update	data.pii.birthday	0	equals	properties.pii.birthday	\N	\N	t	\N
profile-update	data.media.image	0	equals	properties.media.image	\N	\N	t	\N
profile-update	data.media.webpage	0	equals	properties.media.webpage	\N	\N	t	\N
profile-update	data.contact.confirmations	0	equals	properties.contact.confirmations	\N	\N	t	\N
profile-update	data.loyalty.codes	0	equals	properties.loyalty.codes	\N	\N	t	\N
profile-update	data.pii.civil.status	0	equals	properties.pii.civil.status	\N	\N	t	\N
profile-update	data.identifier.coupons	0	equals	properties.identifier.coupons	\N	\N	t	\N
profile-update	data.identifier.id	0	equals	properties.identifier.id	\N	\N	t	\N
profile-update	data.identifier.badge	0	equals	properties.identifier.badge	\N	\N	t	\N
profile-update	data.identifier.passport	0	equals	properties.identifier.passport	\N	\N	t	\N
profile-update	data.identifier.credit_card	0	equals	properties.identifier.credit_card	\N	\N	t	\N
profile-update	data.identifier.token	0	equals	properties.identifier.token	\N	\N	t	\N
profile-update	data.contact.app.whatsapp	0	equals	properties.contact.app.whatsapp	\N	\N	t	\N
profile-update	data.contact.app.discord	0	equals	properties.contact.app.discord	\N	\N	t	\N
profile-update	data.contact.app.slack	0	equals	properties.contact.app.slack	\N	\N	t	\N
profile-update	data.contact.app.twitter	0	equals	properties.contact.app.twitter	\N	\N	t	\N
profile-update	data.contact.app.telegram	0	equals	properties.contact.app.telegram	\N	\N	t	\N
profile-update	data.contact.app.wechat	0	equals	properties.contact.app.wechat	\N	\N	t	\N
profile-update	data.contact.app.viber	0	equals	properties.contact.app.viber	\N	\N	t	\N
profile-update	data.contact.app.signal	0	equals	properties.contact.app.signal	\N	\N	t	\N
profile-update	data.contact.app.other	0	equals	properties.contact.app.other	\N	\N	t	\N
profile-update	data.job.company.segment	0	equals	properties.job.company.segment	\N	\N	t	\N
profile-update	data.job.company.name	0	equals	properties.job.company.name	\N	\N	t	\N
profile-update	data.job.company.country	0	equals	properties.job.company.country	\N	\N	t	\N
profile-update	data.job.company.size	0	equals	properties.job.company.size	\N	\N	t	\N
profile-update	data.preferences.purchases	0	equals	properties.preferences.purchases	\N	\N	t	\N
profile-update	data.preferences.colors	0	equals	properties.preferences.colors	\N	\N	t	\N
profile-update	data.preferences.sizes	0	equals	properties.preferences.sizes	\N	\N	t	\N
profile-update	data.preferences.devices	0	equals	properties.preferences.devices	\N	\N	t	\N
profile-update	data.preferences.channels	0	equals	properties.preferences.channels	\N	\N	t	\N
profile-update	data.preferences.payments	0	equals	properties.preferences.payments	\N	\N	t	\N
profile-update	data.preferences.brands	0	equals	properties.preferences.brands	\N	\N	t	\N
profile-update	data.preferences.fragrances	0	equals	properties.preferences.fragrances	\N	\N	t	\N
profile-update	data.preferences.services	0	equals	properties.preferences.services	\N	\N	t	\N
profile-update	data.preferences.other	0	equals	properties.preferences.other	\N	\N	t	\N
profile-update	data.loyalty.card.id	0	equals	properties.loyalty.card.id	\N	\N	t	\N
profile-update	data.loyalty.card.name	0	equals	properties.loyalty.card.name	\N	\N	t	\N
profile-update	data.loyalty.card.issuer	0	equals	properties.loyalty.card.issuer	\N	\N	t	\N
profile-update	data.loyalty.card.expires	0	equals	properties.loyalty.card.expires	\N	\N	t	\N
profile-update	data.loyalty.card.points	0	equals	properties.loyalty.card.points	\N	\N	t	\N
profile-update	data.media.social.twitter	0	equals	properties.media.social.twitter	\N	\N	t	\N
profile-update	data.media.social.facebook	0	equals	properties.media.social.facebook	\N	\N	t	\N
profile-update	data.media.social.youtube	0	equals	properties.media.social.youtube	\N	\N	t	\N
profile-update	data.media.social.instagram	0	equals	properties.media.social.instagram	\N	\N	t	\N
profile-update	data.media.social.tiktok	0	equals	properties.media.social.tiktok	\N	\N	t	\N
profile-update	data.media.social.linkedin	0	equals	properties.media.social.linkedin	\N	\N	t	\N
profile-update	data.media.social.reddit	0	equals	properties.media.social.reddit	\N	\N	t	\N
profile-update	data.media.social.other	0	equals	properties.media.social.other	\N	\N	t	\N
profile-update	data.pii.language.spoken	0	equals	properties.pii.language.spoken	\N	\N	t	\N
profile-update	data.pii.language.native	0	equals	properties.pii.language.native	\N	\N	t	\N
profile-update	data.contact.email.main	0	equals	properties.contact.email.main	\N	\N	t	\N
profile-update	data.contact.email.private	0	equals	properties.contact.email.private	\N	\N	t	\N
profile-update	data.contact.email.business	0	equals	properties.contact.email.business	\N	\N	t	\N
profile-update	data.contact.phone.main	0	equals	properties.contact.phone.main	\N	\N	t	\N
profile-update	data.contact.phone.mobile	0	equals	properties.contact.phone.mobile	\N	\N	t	\N
profile-update	data.contact.phone.business	0	equals	properties.contact.phone.business	\N	\N	t	\N
profile-update	data.contact.phone.whatsapp	0	equals	properties.contact.phone.whatsapp	\N	\N	t	\N
profile-update	data.pii.education.level	0	equals	properties.pii.education.level	\N	\N	t	\N
profile-update	data.pii.attributes.height	0	equals	properties.pii.attributes.height	\N	\N	t	\N
profile-update	data.pii.attributes.weight	0	equals	properties.pii.attributes.weight	\N	\N	t	\N
profile-update	data.pii.attributes.shoe_number	0	equals	properties.pii.attributes.shoe_number	\N	\N	t	\N
profile-update	data.contact.address.town	0	equals	properties.contact.address.town	\N	\N	t	\N
profile-update	data.contact.address.county	0	equals	properties.contact.address.county	\N	\N	t	\N
profile-update	data.contact.address.country	0	equals	properties.contact.address.country	\N	\N	t	\N
profile-update	data.contact.address.postcode	0	equals	properties.contact.address.postcode	\N	\N	t	\N
profile-update	data.contact.address.street	0	equals	properties.contact.address.street	\N	\N	t	\N
profile-update	data.contact.address.other	0	equals	properties.contact.address.other	\N	\N	t	\N
sign-in	data.identifier.token	0	equals	properties.login	\N	\N	t	\N
sign-up	data.identifier.token	0	equals	properties.login	\N	\N	t	\N
identification	primary_id	0	equals	properties.pk	\N	\N	t	\N
identification	data.identifier.token	0	equals	properties.login	\N	\N	t	\N
identification	data.identifier.coupons	0	append	properties.coupon	\N	\N	t	\N
consent-update	consents	0	equals	properties.consents	\N	\N	t	\N
increase-interest	interests.{properties.interest}	0	add	properties.value	1	\N	t	\N
decrease-interest	interests.{properties.interest}	0	subtract	properties.value	1	\N	t	\N
reset-interest	interests.{properties.interest}	0	equals	properties.value	0	\N	t	\N
add-color-preference	data.preferences.colors	0	append	properties.color	\N	\N	t	\N
add-size-preference	data.preferences.sizes	0	append	properties.size	\N	\N	t	\N
add-brand-preference	data.preferences.brands	0	append	properties.brand	\N	\N	t	\N
add-channel-preference	data.preferences.channels	0	append	properties.channel	\N	\N	t	\N
add-payment-preference	data.preferences.payments	0	append	properties.payment	\N	\N	t	\N
checkout-started	data.metrics.ltcosv	0	add	properties.value	\N	\N	t	\N
checkout-started	data.metrics.ltcosc	0	increment	\N	\N	\N	t	\N
checkout-started	data.metrics.ltcop	1	ratio	\N	["data.metrics.ltcosc", "data.metrics.ltcocc"]	\N	t	\N
checkout-completed	data.metrics.ltcocv	0	add	properties.value	\N	\N	t	\N
checkout-completed	data.metrics.ltcocc	0	increment	\N	\N	\N	t	\N
checkout-completed	data.metrics.ltcop	1	ratio	\N	["data.metrics.ltcosc", "data.metrics.ltcocc"]	\N	t	\N
loyalty-card-removed	data.loyalty.card	0	delete	\N	\N	\N	t	\N
location	data.devices.last.geo.longitude	0	equals	properties.location.0	\N	\N	t	\N
location	data.devices.last.geo.latitude	0	equals	properties.location.1	\N	\N	t	\N
location	data.devices.last.geo.location	0	equals	properties.location	\N	\N	t	\N
purchase	traits."total, in all"	3	add	properties.price	0.50	($."properties"."price" > 1)	t	two\nlines
sign-in	primary_id	0	equals	properties.pk	\N	\N	f	\N
\.


--
-- Data for Name: event_rejected; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.event_rejected (id, received_at, source_id, session_id, profile_id, options, skew, event, code, message, path) FROM stdin;
01a2243f-1e51-7271-9127-67d186646202	2026-11-28 22:20:46.033152+00	web	first	01a2243f-1e51-726e-b10e-24e79ea65a46	{}	0	{"type": 7}	22023	event type is not a string but a number	$.events[1].type
\.


--
-- Data for Name: event_schema; Type: TABLE DATA; Schema: tracardi; Owner: postgres
--

COPY tracardi.event_schema (name, description, event_type, target, schema, condition, on_invalid, enabled) FROM stdin;
no jokes	\N	purchase	properties	{"not": {"required": ["joke"]}}	$."properties"."joke"?(@ like_regex "^h\\\\w+")	reject	t
\.


--
-- Data for Name: event_source; Type: TABLE DATA; Schema: tracardi; Owner: postgres
--

COPY tracardi.event_source (id, name, description, bridges, enabled, ephemeral, static_profile_id, channel, bots, created_at) FROM stdin;
sql	SQL	events that SQL tracks: the default of tracardi.track(event_type, properties)	{sql}	t	f	t	\N	refuse	2026-11-28 22:20:45.89944+00
web	Shop	\N	{rest,webhook,sql}	t	f	f	\N	refuse	2026-11-28 22:20:45.98469+00
gone	\N	\N	{rest,webhook,sql}	f	f	f	\N	refuse	2026-11-28 22:20:45.98469+00
\.


--
-- Data for Name: event_type; Type: TABLE DATA; Schema: tracardi; Owner: postgres
--

COPY tracardi.event_type (type, description, schema, on_invalid, reshape, tags, journey_state, returning_journey_state, ephemeral, retention) FROM stdin;
sign-in	a person signed in	\N	flag	\N	{event:behavioral}	consideration	\N	f	\N
sign-up	a person made an account	\N	flag	\N	{event:behavioral}	consideration	\N	f	\N
identification	a person was recognized by an id, a card, a phone, …	\N	flag	\N	{event:operational}	consideration	\N	f	\N
account-deleted	a person gave up the account	\N	flag	\N	{event:behavioral}	retention	\N	f	\N
profile-update	fields of the profile, by their names	\N	flag	\N	{event:operational}	awareness	\N	f	\N
consent-update	all consents of the person anew	\N	flag	\N	{activity:consent}	awareness	\N	f	\N
increase-interest	an interest grew by value, or by 1	\N	flag	\N	{event:behavioral}	\N	\N	f	\N
decrease-interest	an interest shrank by value, or by 1	\N	flag	\N	{event:behavioral}	\N	\N	f	\N
reset-interest	an interest became value, or 0	\N	flag	\N	{event:behavioral}	\N	\N	f	\N
add-color-preference	a color that the person likes	\N	flag	\N	{event:behavioral}	\N	\N	f	\N
add-size-preference	a size that fits the person	\N	flag	\N	{event:behavioral}	\N	\N	f	\N
add-brand-preference	a brand that the person likes	\N	flag	\N	{event:behavioral}	\N	\N	f	\N
add-channel-preference	a channel by which the person wants to be reached	\N	flag	\N	{event:behavioral}	\N	\N	f	\N
add-payment-preference	a way in which the person likes to pay	\N	flag	\N	{event:behavioral}	\N	\N	f	\N
product-clicked	a product was clicked in a list	\N	flag	\N	{activity:browsing,event:behavioral}	awareness	\N	f	\N
product-details-page-view	a product's page was seen	\N	flag	\N	{activity:browsing,event:behavioral}	awareness	\N	f	\N
basket-viewed	the basket was seen	\N	flag	\N	{}	consideration	\N	f	\N
product-added-to-basket	a product was put into the basket	\N	flag	\N	{}	consideration	\N	f	\N
product-removed-from-basket	a product was taken out of the basket	\N	flag	\N	{}	consideration	\N	f	\N
checkout-started	a checkout began, over value	\N	flag	\N	{}	purchase	\N	f	\N
checkout-completed	a checkout was completed, over value	\N	flag	\N	{}	purchase	\N	f	\N
checkout-status	a checkout's status changed	\N	flag	\N	{}	purchase	\N	f	\N
delivery-info-entered	where to deliver	\N	flag	\N	{}	purchase	\N	f	\N
payment-info-entered	how to pay	\N	flag	\N	{}	purchase	\N	f	\N
order-started	an order was placed	\N	flag	\N	{event:operational}	purchase	\N	f	\N
order-completed	an order was completed	\N	flag	\N	{event:operational}	purchase	\N	f	\N
order-delivered	an order was delivered	\N	flag	\N	{event:operational}	purchase	\N	f	\N
order-waiting-for-dispatch	an order waits to be sent	\N	flag	\N	{event:operational}	purchase	\N	f	\N
order-dispatched	an order was sent	\N	flag	\N	{event:operational}	purchase	\N	f	\N
order-dispatch-in-transit	an order is on its way	\N	flag	\N	{event:operational}	purchase	\N	f	\N
order-awaiting-pickup	an order can be picked up	\N	flag	\N	{event:operational}	purchase	\N	f	\N
order-status-change	an order's status changed	\N	flag	\N	{}	purchase	\N	f	\N
product-shared	a product was recommended to others	\N	flag	\N	{}	advocacy	\N	f	\N
product-reviewed	a product was reviewed or rated	\N	flag	\N	{}	retention	\N	f	\N
product-returned	a product was sent back	\N	flag	\N	{}	retention	\N	f	\N
sale-completed	a sale was completed	\N	flag	\N	{}	purchase	\N	f	\N
account-payable	something is to be paid	\N	flag	\N	{event:operational,entity:payment}	purchase	\N	f	\N
payable-overdue	what was to be paid is overdue	\N	flag	\N	{event:operational,entity:payment}	purchase	\N	f	\N
account-receivable	a payment is to be received	\N	flag	\N	{event:operational,entity:payment}	purchase	\N	f	\N
receivable-overdue	a payment to be received is overdue	\N	flag	\N	{event:operational,entity:payment}	purchase	\N	f	\N
payment-sent	a payment was sent	\N	flag	\N	{event:operational,entity:payment}	purchase	\N	f	\N
payment-received	a payment was received	\N	flag	\N	{event:operational,entity:payment}	purchase	\N	f	\N
loyalty-card-added	the person has a loyalty card	\N	flag	\N	{}	retention	\N	f	\N
loyalty-card-removed	the person has no loyalty card any more	\N	flag	\N	{}	retention	\N	f	\N
promotion-viewed	a promotion was seen	\N	flag	\N	{}	awareness	\N	f	\N
promotion-clicked	a promotion was clicked	\N	flag	\N	{}	awareness	\N	f	\N
rating	the person rated a part of the journey	\N	flag	\N	{}	retention	\N	f	\N
messaging-started	a conversation began	\N	flag	\N	{}	\N	\N	f	\N
message-sent	a message was sent to the person	\N	flag	\N	{}	\N	\N	f	\N
message-received	a message of the person arrived	\N	flag	\N	{}	\N	\N	f	\N
message-opened	the person opened a message	\N	flag	\N	{}	\N	\N	f	\N
message-status	a message's status changed	\N	flag	\N	{}	\N	\N	f	\N
messaging-ended	a conversation ended	\N	flag	\N	{}	\N	\N	f	\N
screen-view	a screen of an app was seen	\N	flag	\N	{}	\N	\N	f	\N
page-print	a page was printed	\N	flag	\N	{}	\N	\N	f	\N
search	something was searched for	\N	flag	\N	{}	\N	\N	f	\N
product-search-result	products were found	\N	flag	\N	{}	\N	\N	f	\N
location	where the person is: [longitude, latitude]	\N	flag	\N	{activity:locating,event:system}	\N	\N	f	\N
page-view	a page was seen	\N	flag	\N	{activity:browsing,event:behavioral}	awareness	consideration	f	\N
mouse-move	noise	\N	flag	\N	{}	\N	\N	t	\N
purchase	\N	{"properties": {"at": {"type": "string", "format": "date-time"}, "price": {"type": "number"}}}	flag	{"context": {"price": "$.properties.price"}}	{sale,"a, b"}	purchase	\N	f	1 year
\.


--
-- Data for Name: identification_point; Type: TABLE DATA; Schema: tracardi; Owner: postgres
--

COPY tracardi.identification_point (name, description, event_type, properties, source_id, enabled, created_at) FROM stdin;
sign-in	two\nlines	sign-in	{email.main,identifier.pk}	web	t	2026-11-28 22:20:45.98399+00
\.


--
-- Data for Name: instance; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.instance (singleton, system_identifier, database, activated_at, search_path, system_types, xact_offset) FROM stdin;
t	7713350860008459087	16384	2026-11-28 22:20:45.89944+00	public, pg_temp	{configuration-changed,consent-changed,event-invalid,event-rejected,profile-created,profile-forgotten,profile-merged,profile-updated,schema-changed,segment-entered,segment-left,session-closed,session-opened,source-refused,stock-empty,track-failed,visit-ended,visit-started,workflow-failed}	0
\.


--
-- Data for Name: merge_key; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.merge_key (id, profile_id, profiles, created_at) FROM stdin;
442e947b-da7b-2ba4-0f2d-ed6331f92351	01a2243f-1e59-718a-a258-c8a639087bb1	2	2026-11-28 22:20:46.041067+00
\.


--
-- Data for Name: merge_salt; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.merge_salt (singleton, salt) FROM stdin;
t	\\x2ca7219d66b04d898760dd22eaf584c6f1615a9d166d4db08c5227f9d25345e3
\.


--
-- Data for Name: profile; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.profile (id, external_id, primary_id, data, traits, interests, consents, segments, visit_count, first_seen_at, last_seen_at, created_at, updated_at, fields, score) FROM stdin;
01a2243f-1e51-726e-b10e-24e79ea65a46	\N	\N	{}	{}	{}	{}	{}	1	2026-11-28 22:20:46.033156+00	2026-11-28 22:20:46.033157+00	2026-11-28 22:20:46.033152+00	2026-11-28 22:20:46.033152+00	{}	1.50
1c4a1996-a845-54d0-9790-21d510713b76	customer-42	\N	{}	{"total, in all": 40.35}	{}	{}	{buyers}	0	2020-02-29 12:00:00+00	2026-11-28 22:20:46.036848+00	2026-11-28 22:20:46.037521+00	2026-11-28 22:20:46.039631+00	{"traits.\\"total, in all\\"": ["2026-11-28T22:20:46.036848Z", "e77b8d1d-3932-554e-adaf-bb5b438a4a1d"]}	1.50
01a2243f-1e59-718a-a258-c8a639087bb1	\N	\N	{"contact": {"email": {"main": "ann@example.com"}}}	{}	{}	{}	{}	2	2026-11-28 22:20:46.0411+00	2026-11-28 22:20:46.042818+00	2026-11-28 22:20:46.041096+00	2026-11-28 22:20:46.043143+00	{"data.contact.email.main": ["2026-11-28T22:20:46.043147Z", "01a2243f-1e5b-7249-99f3-f9514d4630ae"]}	1.50
\.


--
-- Data for Name: profile_alias; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.profile_alias (id, profile_id, created_at, settled) FROM stdin;
01a2243f-1e5a-7d07-b24c-13c38ce9587b	01a2243f-1e59-718a-a258-c8a639087bb1	2026-11-28 22:20:46.043143+00	f
52d2dcc6-883f-58b1-99b8-4128cf569926	1c4a1996-a845-54d0-9790-21d510713b76	2026-11-28 22:20:46.047205+00	f
\.


--
-- Data for Name: profile_field; Type: TABLE DATA; Schema: tracardi; Owner: postgres
--

COPY tracardi.profile_field (path, description, type, event_types) FROM stdin;
data.job.position	\N	text	\N
data.job.type	\N	text	\N
data.job.department	\N	text	\N
data.job.salary	\N	number	\N
data.pii.firstname	\N	text	\N
data.pii.lastname	\N	text	\N
data.pii.display_name	\N	text	\N
data.pii.gender	\N	text	\N
data.pii.birthday	\N	time	\N
data.media.image	\N	text	\N
data.media.webpage	\N	text	\N
data.contact.confirmations	\N	list	\N
data.devices.push	\N	list	\N
data.devices.other	\N	list	\N
data.loyalty.codes	\N	list	\N
data.metrics.next	\N	time	\N
data.metrics.ltv	\N	number	\N
data.metrics.ltcosc	\N	number	\N
data.metrics.ltcocc	\N	number	\N
data.metrics.ltcop	\N	number	\N
data.metrics.ltcosv	\N	number	\N
data.metrics.ltcocv	\N	number	\N
data.metrics.custom	\N	object	\N
data.pii.civil.status	\N	text	\N
data.identifier.coupons	\N	list	\N
data.identifier.id	\N	text	\N
data.identifier.pk	\N	text	\N
data.identifier.badge	\N	text	\N
data.identifier.passport	\N	text	\N
data.identifier.credit_card	\N	text	\N
data.identifier.token	\N	text	\N
data.contact.app.whatsapp	\N	text	\N
data.contact.app.discord	\N	text	\N
data.contact.app.slack	\N	text	\N
data.contact.app.twitter	\N	text	\N
data.contact.app.telegram	\N	text	\N
data.contact.app.wechat	\N	text	\N
data.contact.app.viber	\N	text	\N
data.contact.app.signal	\N	text	\N
data.contact.app.other	\N	object	\N
data.job.company.segment	\N	list	\N
data.job.company.name	\N	text	\N
data.job.company.country	\N	text	\N
data.job.company.size	\N	number	\N
data.preferences.purchases	\N	list	\N
data.preferences.colors	\N	list	\N
data.preferences.sizes	\N	list	\N
data.preferences.devices	\N	list	\N
data.preferences.channels	\N	list	\N
data.preferences.payments	\N	list	\N
data.preferences.brands	\N	list	\N
data.preferences.fragrances	\N	list	\N
data.preferences.services	\N	list	\N
data.preferences.other	\N	list	\N
data.loyalty.card.id	\N	text	\N
data.loyalty.card.name	\N	text	\N
data.loyalty.card.issuer	\N	text	\N
data.loyalty.card.expires	\N	time	\N
data.loyalty.card.points	\N	number	\N
data.media.social.twitter	\N	text	\N
data.media.social.facebook	\N	text	\N
data.media.social.youtube	\N	text	\N
data.media.social.instagram	\N	text	\N
data.media.social.tiktok	\N	text	\N
data.media.social.linkedin	\N	text	\N
data.media.social.reddit	\N	text	\N
data.media.social.other	\N	object	\N
data.pii.language.spoken	\N	list	\N
data.pii.language.native	\N	text	\N
data.contact.email.main	\N	text	\N
data.contact.email.private	\N	text	\N
data.contact.email.business	\N	text	\N
data.contact.phone.main	\N	text	\N
data.contact.phone.mobile	\N	text	\N
data.contact.phone.business	\N	text	\N
data.contact.phone.whatsapp	\N	text	\N
data.pii.education.level	\N	text	\N
data.pii.attributes.height	\N	number	\N
data.pii.attributes.weight	\N	number	\N
data.pii.attributes.shoe_number	\N	number	\N
data.contact.address.town	\N	text	\N
data.contact.address.county	\N	text	\N
data.contact.address.country	\N	text	\N
data.contact.address.postcode	\N	text	\N
data.contact.address.street	\N	text	\N
data.contact.address.other	\N	text	\N
data.devices.last.geo.county	\N	text	\N
data.devices.last.geo.city	\N	text	\N
data.devices.last.geo.postal	\N	text	\N
data.devices.last.geo.latitude	\N	number	\N
data.devices.last.geo.longitude	\N	number	\N
data.devices.last.geo.country	\N	object	\N
traits.tier	\N	text	{"a b",c}
\.


--
-- Data for Name: segment; Type: TABLE DATA; Schema: tracardi; Owner: postgres
--

COPY tracardi.segment (name, condition, description, enabled, created_at) FROM stdin;
buyers	($."traits"."total, in all" > 2)	two\nlines	t	2026-11-28 22:20:45.987515+00
\.


--
-- Data for Name: session; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.session (id, external_id, profile_id, source_id, status, started_at, last_seen_at, ended_at, device, os, app, utm, context, properties) FROM stdin;
1ddf03b8-2d90-5f82-9cd4-f5e36ee926cc	first	01a2243f-1e51-726e-b10e-24e79ea65a46	web	active	2026-11-28 22:20:46.033156+00	2026-11-28 22:20:46.033157+00	\N	{}	{}	{}	{}	{"screen": {"width": 1280}}	{}
8fdf5b6c-ae9e-5417-8c04-0461c45cd02d	phone	01a2243f-1e59-718a-a258-c8a639087bb1	web	active	2026-11-28 22:20:46.0411+00	2026-11-28 22:20:46.0411+00	\N	{}	{}	{}	{}	{}	{}
8f3b3595-5be6-574b-8f05-45590b665990	laptop	01a2243f-1e59-718a-a258-c8a639087bb1	web	active	2026-11-28 22:20:46.042818+00	2026-11-28 22:20:46.042818+00	\N	{}	{}	{}	{}	{}	{}
\.


--
-- Data for Name: subscription; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.subscription (name, description, event_type, source_id, kinds, condition, after, upto, batch, xact, "time", id, told, told_at, created_at) FROM stdin;
out	two\nlines	purchase	\N	{profile}	($."properties"."price" > 1)	769:769:	783:783:	1	774	2020-02-29 11:59:59.999999+00	01a2243f-1e55-7856-a180-c0e6af5cb005	769:769:	2026-11-28 22:20:46.000762+00	2026-11-28 22:20:46.000762+00
\.


--
-- Data for Name: system_event; Type: TABLE DATA; Schema: tracardi; Owner: postgres
--

COPY tracardi.system_event (type, enabled, description) FROM stdin;
profile-created	t	a profile was made
profile-updated	f	events set fields of their profile; properties: fields, by their paths. One more event for each call that does so
profile-merged	t	profiles turned out to be one person's and became one
session-closed	f	a session ended for lack of events; with visit-ended, which says the same of the visit
visit-started	t	a session was made, or came back after it had ended
visit-ended	t	nothing was heard of a session for tracardi.session_timeout
event-invalid	f	an event was stored that failed a check of its type
event-rejected	f	an event could not be accepted
workflow-failed	t	a workflow failed for an event
source-refused	f	a call was refused: its source is not there, disabled, or without this door, or a bot came; with the background worker, as anybody may cause it
track-failed	t	the transaction of a track() failed; with the background worker
configuration-changed	f	a statement changed a configuration table; one event a statement
schema-changed	t	a command made, changed, emptied or dropped something of schema tracardi; with tracardi in shared_preload_libraries
segment-entered	t	a profile came to meet the condition of a segment
segment-left	t	a profile meets the condition of a segment no more
consent-changed	t	a person gave or took back consents by consent()
profile-forgotten	t	a person was forgotten (tracardi.forget): how many rows of what
stock-empty	t	\N
session-opened	f	a session was made
\.


--
-- Data for Name: workflow; Type: TABLE DATA; Schema: tracardi; Owner: postgres
--

COPY tracardi.workflow (name, description, function, owner, search_path, event_type, source_id, kinds, condition, consents, mode, timeout, delay, unless_event_type, retry_limit, retry_delay, starts, enabled, status, created_at) FROM stdin;
Answer "all"	two\nlines	public.answer	dump_reader	public, pg_temp	mouse-move	\N	{ephemeral}	($."type" == "mouse-move")	{}	sync	00:00:02	\N	\N	\N	\N	\N	t	ready	2026-11-28 22:20:45.998501+00
off	\N	public.answer	dump_reader	"$user", public	\N	\N	\N	\N	{"news, letter",b}	sync	\N	\N	\N	\N	\N	\N	f	broken	2026-11-28 22:20:45.999952+00
after	\N	public.answer	dump_reader	"$user", public	\N	\N	{system}	\N	{}	async	\N	00:00:02	gone	3	00:00:01	769:769:	t	ready	2026-11-28 22:20:46.000762+00
\.


--
-- Data for Name: workflow_cursor; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.workflow_cursor (workflow, shard, shards, starts, after, upto, xact, "time", id, done) FROM stdin;
after	0	1	769:769:	769:769:	\N	\N	\N	\N	f
\.


--
-- Data for Name: workflow_failure; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.workflow_failure (id, workflow, event_id, event, code, message, attempts, first_failed_at, last_failed_at, event_time, status, next_attempt_at) FROM stdin;
4689dc9e-23bd-447d-8194-bed77e45c198	w	\N	\N	P0001	two\nlines	1	2026-11-28 22:20:46.047421+00	2026-11-28 22:20:46.047421+00	\N	dead	\N
\.


--
-- Data for Name: workflow_replay; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.workflow_replay (id, workflow, "from", "to", upto, "time", event_id, created_at) FROM stdin;
414f26fe-de29-4ecb-a4f4-efce53a4f934	after	2020-01-01 00:00:00+00	2021-01-01 00:00:00+00	784:784:	\N	\N	2026-11-28 22:20:46.051365+00
\.


--
-- Data for Name: workflow_tick; Type: TABLE DATA; Schema: tracardi; Owner: dump_owner
--

COPY tracardi.workflow_tick (workflow, at, due_at, upto) FROM stdin;
after	2026-11-28 22:20:46.050772+00	2026-11-28 22:20:48.050772+00	783:783:
\.


--
-- Name: event event_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (id, "time");


--
-- Name: event_2026_11 event_2026_11_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event_2026_11
    ADD CONSTRAINT event_2026_11_pkey PRIMARY KEY (id, "time");


--
-- Name: event_2026_12 event_2026_12_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event_2026_12
    ADD CONSTRAINT event_2026_12_pkey PRIMARY KEY (id, "time");


--
-- Name: event_2027_01 event_2027_01_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event_2027_01
    ADD CONSTRAINT event_2027_01_pkey PRIMARY KEY (id, "time");


--
-- Name: event_2027_02 event_2027_02_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event_2027_02
    ADD CONSTRAINT event_2027_02_pkey PRIMARY KEY (id, "time");


--
-- Name: event_2027_03 event_2027_03_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event_2027_03
    ADD CONSTRAINT event_2027_03_pkey PRIMARY KEY (id, "time");


--
-- Name: event_2027_04 event_2027_04_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event_2027_04
    ADD CONSTRAINT event_2027_04_pkey PRIMARY KEY (id, "time");


--
-- Name: event_2027_05 event_2027_05_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event_2027_05
    ADD CONSTRAINT event_2027_05_pkey PRIMARY KEY (id, "time");


--
-- Name: event_2027_06 event_2027_06_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event_2027_06
    ADD CONSTRAINT event_2027_06_pkey PRIMARY KEY (id, "time");


--
-- Name: event_2027_07 event_2027_07_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event_2027_07
    ADD CONSTRAINT event_2027_07_pkey PRIMARY KEY (id, "time");


--
-- Name: event_2027_08 event_2027_08_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event_2027_08
    ADD CONSTRAINT event_2027_08_pkey PRIMARY KEY (id, "time");


--
-- Name: event_2027_09 event_2027_09_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event_2027_09
    ADD CONSTRAINT event_2027_09_pkey PRIMARY KEY (id, "time");


--
-- Name: event_2027_10 event_2027_10_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event_2027_10
    ADD CONSTRAINT event_2027_10_pkey PRIMARY KEY (id, "time");


--
-- Name: event_2027_11 event_2027_11_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event_2027_11
    ADD CONSTRAINT event_2027_11_pkey PRIMARY KEY (id, "time");


--
-- Name: event_history event_history_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event_history
    ADD CONSTRAINT event_history_pkey PRIMARY KEY (id, "time");


--
-- Name: event_key event_key_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event_key
    ADD CONSTRAINT event_key_pkey PRIMARY KEY (id);


--
-- Name: event event_kind_check; Type: CHECK CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE tracardi.event
    ADD CONSTRAINT event_kind_check CHECK (
CASE kind
    WHEN 'profile'::text THEN (profile_id IS NOT NULL)
    WHEN 'profileless'::text THEN (profile_id IS NULL)
    WHEN 'system'::text THEN (type = ANY ('{configuration-changed,consent-changed,event-invalid,event-rejected,profile-created,profile-forgotten,profile-merged,profile-updated,schema-changed,segment-entered,segment-left,session-closed,session-opened,source-refused,stock-empty,track-failed,visit-ended,visit-started,workflow-failed}'::text[]))
    ELSE false
END) NOT VALID;


--
-- Name: event_rejected event_rejected_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.event_rejected
    ADD CONSTRAINT event_rejected_pkey PRIMARY KEY (id);


--
-- Name: instance instance_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.instance
    ADD CONSTRAINT instance_pkey PRIMARY KEY (singleton);


--
-- Name: merge_key merge_key_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.merge_key
    ADD CONSTRAINT merge_key_pkey PRIMARY KEY (id);


--
-- Name: merge_salt merge_salt_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.merge_salt
    ADD CONSTRAINT merge_salt_pkey PRIMARY KEY (singleton);


--
-- Name: profile_alias profile_alias_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.profile_alias
    ADD CONSTRAINT profile_alias_pkey PRIMARY KEY (id);


--
-- Name: profile profile_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.profile
    ADD CONSTRAINT profile_pkey PRIMARY KEY (id);


--
-- Name: session session_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (id);


--
-- Name: subscription subscription_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.subscription
    ADD CONSTRAINT subscription_pkey PRIMARY KEY (name);


--
-- Name: workflow_cursor workflow_cursor_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.workflow_cursor
    ADD CONSTRAINT workflow_cursor_pkey PRIMARY KEY (workflow, shard);


--
-- Name: workflow_failure workflow_failure_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.workflow_failure
    ADD CONSTRAINT workflow_failure_pkey PRIMARY KEY (id);


--
-- Name: workflow_replay workflow_replay_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.workflow_replay
    ADD CONSTRAINT workflow_replay_pkey PRIMARY KEY (id);


--
-- Name: workflow_tick workflow_tick_pkey; Type: CONSTRAINT; Schema: tracardi; Owner: dump_owner
--

ALTER TABLE ONLY tracardi.workflow_tick
    ADD CONSTRAINT workflow_tick_pkey PRIMARY KEY (workflow, at);


--
-- Name: event_profile_id_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_profile_id_time_idx ON ONLY tracardi.event USING btree (profile_id, "time") WHERE (profile_id IS NOT NULL);


--
-- Name: event_2026_11_profile_id_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2026_11_profile_id_time_idx ON tracardi.event_2026_11 USING btree (profile_id, "time") WHERE (profile_id IS NOT NULL);


--
-- Name: event_path_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_path_idx ON ONLY tracardi.event USING gin (properties jsonb_path_ops);


--
-- Name: event_2026_11_properties_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2026_11_properties_idx ON tracardi.event_2026_11 USING gin (properties jsonb_path_ops);


--
-- Name: event_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_time_idx ON ONLY tracardi.event USING btree ("time");


--
-- Name: event_2026_11_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2026_11_time_idx ON tracardi.event_2026_11 USING btree ("time");


--
-- Name: event_type_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_type_time_idx ON ONLY tracardi.event USING btree (type, "time");


--
-- Name: event_2026_11_type_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2026_11_type_time_idx ON tracardi.event_2026_11 USING btree (type, "time");


--
-- Name: event_xact_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_xact_idx ON ONLY tracardi.event USING btree (xact, "time", id);


--
-- Name: event_2026_11_xact_time_id_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2026_11_xact_time_id_idx ON tracardi.event_2026_11 USING btree (xact, "time", id);


--
-- Name: event_2026_12_profile_id_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2026_12_profile_id_time_idx ON tracardi.event_2026_12 USING btree (profile_id, "time") WHERE (profile_id IS NOT NULL);


--
-- Name: event_2026_12_properties_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2026_12_properties_idx ON tracardi.event_2026_12 USING gin (properties jsonb_path_ops);


--
-- Name: event_2026_12_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2026_12_time_idx ON tracardi.event_2026_12 USING btree ("time");


--
-- Name: event_2026_12_type_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2026_12_type_time_idx ON tracardi.event_2026_12 USING btree (type, "time");


--
-- Name: event_2026_12_xact_time_id_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2026_12_xact_time_id_idx ON tracardi.event_2026_12 USING btree (xact, "time", id);


--
-- Name: event_2027_01_profile_id_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_01_profile_id_time_idx ON tracardi.event_2027_01 USING btree (profile_id, "time") WHERE (profile_id IS NOT NULL);


--
-- Name: event_2027_01_properties_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_01_properties_idx ON tracardi.event_2027_01 USING gin (properties jsonb_path_ops);


--
-- Name: event_2027_01_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_01_time_idx ON tracardi.event_2027_01 USING btree ("time");


--
-- Name: event_2027_01_type_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_01_type_time_idx ON tracardi.event_2027_01 USING btree (type, "time");


--
-- Name: event_2027_01_xact_time_id_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_01_xact_time_id_idx ON tracardi.event_2027_01 USING btree (xact, "time", id);


--
-- Name: event_2027_02_profile_id_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_02_profile_id_time_idx ON tracardi.event_2027_02 USING btree (profile_id, "time") WHERE (profile_id IS NOT NULL);


--
-- Name: event_2027_02_properties_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_02_properties_idx ON tracardi.event_2027_02 USING gin (properties jsonb_path_ops);


--
-- Name: event_2027_02_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_02_time_idx ON tracardi.event_2027_02 USING btree ("time");


--
-- Name: event_2027_02_type_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_02_type_time_idx ON tracardi.event_2027_02 USING btree (type, "time");


--
-- Name: event_2027_02_xact_time_id_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_02_xact_time_id_idx ON tracardi.event_2027_02 USING btree (xact, "time", id);


--
-- Name: event_2027_03_profile_id_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_03_profile_id_time_idx ON tracardi.event_2027_03 USING btree (profile_id, "time") WHERE (profile_id IS NOT NULL);


--
-- Name: event_2027_03_properties_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_03_properties_idx ON tracardi.event_2027_03 USING gin (properties jsonb_path_ops);


--
-- Name: event_2027_03_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_03_time_idx ON tracardi.event_2027_03 USING btree ("time");


--
-- Name: event_2027_03_type_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_03_type_time_idx ON tracardi.event_2027_03 USING btree (type, "time");


--
-- Name: event_2027_03_xact_time_id_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_03_xact_time_id_idx ON tracardi.event_2027_03 USING btree (xact, "time", id);


--
-- Name: event_2027_04_profile_id_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_04_profile_id_time_idx ON tracardi.event_2027_04 USING btree (profile_id, "time") WHERE (profile_id IS NOT NULL);


--
-- Name: event_2027_04_properties_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_04_properties_idx ON tracardi.event_2027_04 USING gin (properties jsonb_path_ops);


--
-- Name: event_2027_04_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_04_time_idx ON tracardi.event_2027_04 USING btree ("time");


--
-- Name: event_2027_04_type_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_04_type_time_idx ON tracardi.event_2027_04 USING btree (type, "time");


--
-- Name: event_2027_04_xact_time_id_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_04_xact_time_id_idx ON tracardi.event_2027_04 USING btree (xact, "time", id);


--
-- Name: event_2027_05_profile_id_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_05_profile_id_time_idx ON tracardi.event_2027_05 USING btree (profile_id, "time") WHERE (profile_id IS NOT NULL);


--
-- Name: event_2027_05_properties_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_05_properties_idx ON tracardi.event_2027_05 USING gin (properties jsonb_path_ops);


--
-- Name: event_2027_05_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_05_time_idx ON tracardi.event_2027_05 USING btree ("time");


--
-- Name: event_2027_05_type_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_05_type_time_idx ON tracardi.event_2027_05 USING btree (type, "time");


--
-- Name: event_2027_05_xact_time_id_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_05_xact_time_id_idx ON tracardi.event_2027_05 USING btree (xact, "time", id);


--
-- Name: event_2027_06_profile_id_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_06_profile_id_time_idx ON tracardi.event_2027_06 USING btree (profile_id, "time") WHERE (profile_id IS NOT NULL);


--
-- Name: event_2027_06_properties_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_06_properties_idx ON tracardi.event_2027_06 USING gin (properties jsonb_path_ops);


--
-- Name: event_2027_06_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_06_time_idx ON tracardi.event_2027_06 USING btree ("time");


--
-- Name: event_2027_06_type_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_06_type_time_idx ON tracardi.event_2027_06 USING btree (type, "time");


--
-- Name: event_2027_06_xact_time_id_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_06_xact_time_id_idx ON tracardi.event_2027_06 USING btree (xact, "time", id);


--
-- Name: event_2027_07_profile_id_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_07_profile_id_time_idx ON tracardi.event_2027_07 USING btree (profile_id, "time") WHERE (profile_id IS NOT NULL);


--
-- Name: event_2027_07_properties_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_07_properties_idx ON tracardi.event_2027_07 USING gin (properties jsonb_path_ops);


--
-- Name: event_2027_07_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_07_time_idx ON tracardi.event_2027_07 USING btree ("time");


--
-- Name: event_2027_07_type_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_07_type_time_idx ON tracardi.event_2027_07 USING btree (type, "time");


--
-- Name: event_2027_07_xact_time_id_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_07_xact_time_id_idx ON tracardi.event_2027_07 USING btree (xact, "time", id);


--
-- Name: event_2027_08_profile_id_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_08_profile_id_time_idx ON tracardi.event_2027_08 USING btree (profile_id, "time") WHERE (profile_id IS NOT NULL);


--
-- Name: event_2027_08_properties_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_08_properties_idx ON tracardi.event_2027_08 USING gin (properties jsonb_path_ops);


--
-- Name: event_2027_08_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_08_time_idx ON tracardi.event_2027_08 USING btree ("time");


--
-- Name: event_2027_08_type_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_08_type_time_idx ON tracardi.event_2027_08 USING btree (type, "time");


--
-- Name: event_2027_08_xact_time_id_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_08_xact_time_id_idx ON tracardi.event_2027_08 USING btree (xact, "time", id);


--
-- Name: event_2027_09_profile_id_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_09_profile_id_time_idx ON tracardi.event_2027_09 USING btree (profile_id, "time") WHERE (profile_id IS NOT NULL);


--
-- Name: event_2027_09_properties_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_09_properties_idx ON tracardi.event_2027_09 USING gin (properties jsonb_path_ops);


--
-- Name: event_2027_09_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_09_time_idx ON tracardi.event_2027_09 USING btree ("time");


--
-- Name: event_2027_09_type_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_09_type_time_idx ON tracardi.event_2027_09 USING btree (type, "time");


--
-- Name: event_2027_09_xact_time_id_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_09_xact_time_id_idx ON tracardi.event_2027_09 USING btree (xact, "time", id);


--
-- Name: event_2027_10_profile_id_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_10_profile_id_time_idx ON tracardi.event_2027_10 USING btree (profile_id, "time") WHERE (profile_id IS NOT NULL);


--
-- Name: event_2027_10_properties_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_10_properties_idx ON tracardi.event_2027_10 USING gin (properties jsonb_path_ops);


--
-- Name: event_2027_10_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_10_time_idx ON tracardi.event_2027_10 USING btree ("time");


--
-- Name: event_2027_10_type_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_10_type_time_idx ON tracardi.event_2027_10 USING btree (type, "time");


--
-- Name: event_2027_10_xact_time_id_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_10_xact_time_id_idx ON tracardi.event_2027_10 USING btree (xact, "time", id);


--
-- Name: event_2027_11_profile_id_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_11_profile_id_time_idx ON tracardi.event_2027_11 USING btree (profile_id, "time") WHERE (profile_id IS NOT NULL);


--
-- Name: event_2027_11_properties_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_11_properties_idx ON tracardi.event_2027_11 USING gin (properties jsonb_path_ops);


--
-- Name: event_2027_11_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_11_time_idx ON tracardi.event_2027_11 USING btree ("time");


--
-- Name: event_2027_11_type_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_11_type_time_idx ON tracardi.event_2027_11 USING btree (type, "time");


--
-- Name: event_2027_11_xact_time_id_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_2027_11_xact_time_id_idx ON tracardi.event_2027_11 USING btree (xact, "time", id);


--
-- Name: event_history_profile_id_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_history_profile_id_time_idx ON tracardi.event_history USING btree (profile_id, "time") WHERE (profile_id IS NOT NULL);


--
-- Name: event_history_properties_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_history_properties_idx ON tracardi.event_history USING gin (properties jsonb_path_ops);


--
-- Name: event_history_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_history_time_idx ON tracardi.event_history USING btree ("time");


--
-- Name: event_history_type_time_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_history_type_time_idx ON tracardi.event_history USING btree (type, "time");


--
-- Name: event_history_xact_time_id_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_history_xact_time_id_idx ON tracardi.event_history USING btree (xact, "time", id);


--
-- Name: event_key_received_at_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_key_received_at_idx ON tracardi.event_key USING brin (received_at);


--
-- Name: event_rejected_received_at_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX event_rejected_received_at_idx ON tracardi.event_rejected USING btree (received_at);


--
-- Name: merge_key_profile_id_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX merge_key_profile_id_idx ON tracardi.merge_key USING btree (profile_id);


--
-- Name: profile_alias_profile_id_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX profile_alias_profile_id_idx ON tracardi.profile_alias USING btree (profile_id);


--
-- Name: profile_alias_unsettled_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX profile_alias_unsettled_idx ON tracardi.profile_alias USING btree (created_at) WHERE (NOT settled);


--
-- Name: profile_external_id_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX profile_external_id_idx ON tracardi.profile USING btree (external_id) WHERE (external_id IS NOT NULL);


--
-- Name: profile_primary_id_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX profile_primary_id_idx ON tracardi.profile USING btree (primary_id) WHERE (primary_id IS NOT NULL);


--
-- Name: session_open_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX session_open_idx ON tracardi.session USING btree (started_at) WHERE (status <> 'ended'::text);


--
-- Name: session_profile_id_started_at_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX session_profile_id_started_at_idx ON tracardi.session USING btree (profile_id, started_at);


--
-- Name: workflow_failure_last_failed_at_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX workflow_failure_last_failed_at_idx ON tracardi.workflow_failure USING btree (last_failed_at);


--
-- Name: workflow_failure_next_attempt_at_idx; Type: INDEX; Schema: tracardi; Owner: dump_owner
--

CREATE INDEX workflow_failure_next_attempt_at_idx ON tracardi.workflow_failure USING btree (next_attempt_at) WHERE (status = 'waiting'::text);


--
-- Name: event_2026_11_pkey; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_pkey ATTACH PARTITION tracardi.event_2026_11_pkey;


--
-- Name: event_2026_11_profile_id_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_profile_id_time_idx ATTACH PARTITION tracardi.event_2026_11_profile_id_time_idx;


--
-- Name: event_2026_11_properties_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_path_idx ATTACH PARTITION tracardi.event_2026_11_properties_idx;


--
-- Name: event_2026_11_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_time_idx ATTACH PARTITION tracardi.event_2026_11_time_idx;


--
-- Name: event_2026_11_type_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_type_time_idx ATTACH PARTITION tracardi.event_2026_11_type_time_idx;


--
-- Name: event_2026_11_xact_time_id_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_xact_idx ATTACH PARTITION tracardi.event_2026_11_xact_time_id_idx;


--
-- Name: event_2026_12_pkey; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_pkey ATTACH PARTITION tracardi.event_2026_12_pkey;


--
-- Name: event_2026_12_profile_id_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_profile_id_time_idx ATTACH PARTITION tracardi.event_2026_12_profile_id_time_idx;


--
-- Name: event_2026_12_properties_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_path_idx ATTACH PARTITION tracardi.event_2026_12_properties_idx;


--
-- Name: event_2026_12_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_time_idx ATTACH PARTITION tracardi.event_2026_12_time_idx;


--
-- Name: event_2026_12_type_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_type_time_idx ATTACH PARTITION tracardi.event_2026_12_type_time_idx;


--
-- Name: event_2026_12_xact_time_id_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_xact_idx ATTACH PARTITION tracardi.event_2026_12_xact_time_id_idx;


--
-- Name: event_2027_01_pkey; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_pkey ATTACH PARTITION tracardi.event_2027_01_pkey;


--
-- Name: event_2027_01_profile_id_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_profile_id_time_idx ATTACH PARTITION tracardi.event_2027_01_profile_id_time_idx;


--
-- Name: event_2027_01_properties_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_path_idx ATTACH PARTITION tracardi.event_2027_01_properties_idx;


--
-- Name: event_2027_01_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_time_idx ATTACH PARTITION tracardi.event_2027_01_time_idx;


--
-- Name: event_2027_01_type_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_type_time_idx ATTACH PARTITION tracardi.event_2027_01_type_time_idx;


--
-- Name: event_2027_01_xact_time_id_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_xact_idx ATTACH PARTITION tracardi.event_2027_01_xact_time_id_idx;


--
-- Name: event_2027_02_pkey; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_pkey ATTACH PARTITION tracardi.event_2027_02_pkey;


--
-- Name: event_2027_02_profile_id_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_profile_id_time_idx ATTACH PARTITION tracardi.event_2027_02_profile_id_time_idx;


--
-- Name: event_2027_02_properties_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_path_idx ATTACH PARTITION tracardi.event_2027_02_properties_idx;


--
-- Name: event_2027_02_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_time_idx ATTACH PARTITION tracardi.event_2027_02_time_idx;


--
-- Name: event_2027_02_type_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_type_time_idx ATTACH PARTITION tracardi.event_2027_02_type_time_idx;


--
-- Name: event_2027_02_xact_time_id_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_xact_idx ATTACH PARTITION tracardi.event_2027_02_xact_time_id_idx;


--
-- Name: event_2027_03_pkey; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_pkey ATTACH PARTITION tracardi.event_2027_03_pkey;


--
-- Name: event_2027_03_profile_id_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_profile_id_time_idx ATTACH PARTITION tracardi.event_2027_03_profile_id_time_idx;


--
-- Name: event_2027_03_properties_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_path_idx ATTACH PARTITION tracardi.event_2027_03_properties_idx;


--
-- Name: event_2027_03_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_time_idx ATTACH PARTITION tracardi.event_2027_03_time_idx;


--
-- Name: event_2027_03_type_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_type_time_idx ATTACH PARTITION tracardi.event_2027_03_type_time_idx;


--
-- Name: event_2027_03_xact_time_id_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_xact_idx ATTACH PARTITION tracardi.event_2027_03_xact_time_id_idx;


--
-- Name: event_2027_04_pkey; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_pkey ATTACH PARTITION tracardi.event_2027_04_pkey;


--
-- Name: event_2027_04_profile_id_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_profile_id_time_idx ATTACH PARTITION tracardi.event_2027_04_profile_id_time_idx;


--
-- Name: event_2027_04_properties_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_path_idx ATTACH PARTITION tracardi.event_2027_04_properties_idx;


--
-- Name: event_2027_04_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_time_idx ATTACH PARTITION tracardi.event_2027_04_time_idx;


--
-- Name: event_2027_04_type_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_type_time_idx ATTACH PARTITION tracardi.event_2027_04_type_time_idx;


--
-- Name: event_2027_04_xact_time_id_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_xact_idx ATTACH PARTITION tracardi.event_2027_04_xact_time_id_idx;


--
-- Name: event_2027_05_pkey; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_pkey ATTACH PARTITION tracardi.event_2027_05_pkey;


--
-- Name: event_2027_05_profile_id_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_profile_id_time_idx ATTACH PARTITION tracardi.event_2027_05_profile_id_time_idx;


--
-- Name: event_2027_05_properties_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_path_idx ATTACH PARTITION tracardi.event_2027_05_properties_idx;


--
-- Name: event_2027_05_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_time_idx ATTACH PARTITION tracardi.event_2027_05_time_idx;


--
-- Name: event_2027_05_type_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_type_time_idx ATTACH PARTITION tracardi.event_2027_05_type_time_idx;


--
-- Name: event_2027_05_xact_time_id_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_xact_idx ATTACH PARTITION tracardi.event_2027_05_xact_time_id_idx;


--
-- Name: event_2027_06_pkey; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_pkey ATTACH PARTITION tracardi.event_2027_06_pkey;


--
-- Name: event_2027_06_profile_id_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_profile_id_time_idx ATTACH PARTITION tracardi.event_2027_06_profile_id_time_idx;


--
-- Name: event_2027_06_properties_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_path_idx ATTACH PARTITION tracardi.event_2027_06_properties_idx;


--
-- Name: event_2027_06_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_time_idx ATTACH PARTITION tracardi.event_2027_06_time_idx;


--
-- Name: event_2027_06_type_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_type_time_idx ATTACH PARTITION tracardi.event_2027_06_type_time_idx;


--
-- Name: event_2027_06_xact_time_id_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_xact_idx ATTACH PARTITION tracardi.event_2027_06_xact_time_id_idx;


--
-- Name: event_2027_07_pkey; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_pkey ATTACH PARTITION tracardi.event_2027_07_pkey;


--
-- Name: event_2027_07_profile_id_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_profile_id_time_idx ATTACH PARTITION tracardi.event_2027_07_profile_id_time_idx;


--
-- Name: event_2027_07_properties_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_path_idx ATTACH PARTITION tracardi.event_2027_07_properties_idx;


--
-- Name: event_2027_07_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_time_idx ATTACH PARTITION tracardi.event_2027_07_time_idx;


--
-- Name: event_2027_07_type_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_type_time_idx ATTACH PARTITION tracardi.event_2027_07_type_time_idx;


--
-- Name: event_2027_07_xact_time_id_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_xact_idx ATTACH PARTITION tracardi.event_2027_07_xact_time_id_idx;


--
-- Name: event_2027_08_pkey; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_pkey ATTACH PARTITION tracardi.event_2027_08_pkey;


--
-- Name: event_2027_08_profile_id_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_profile_id_time_idx ATTACH PARTITION tracardi.event_2027_08_profile_id_time_idx;


--
-- Name: event_2027_08_properties_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_path_idx ATTACH PARTITION tracardi.event_2027_08_properties_idx;


--
-- Name: event_2027_08_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_time_idx ATTACH PARTITION tracardi.event_2027_08_time_idx;


--
-- Name: event_2027_08_type_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_type_time_idx ATTACH PARTITION tracardi.event_2027_08_type_time_idx;


--
-- Name: event_2027_08_xact_time_id_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_xact_idx ATTACH PARTITION tracardi.event_2027_08_xact_time_id_idx;


--
-- Name: event_2027_09_pkey; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_pkey ATTACH PARTITION tracardi.event_2027_09_pkey;


--
-- Name: event_2027_09_profile_id_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_profile_id_time_idx ATTACH PARTITION tracardi.event_2027_09_profile_id_time_idx;


--
-- Name: event_2027_09_properties_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_path_idx ATTACH PARTITION tracardi.event_2027_09_properties_idx;


--
-- Name: event_2027_09_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_time_idx ATTACH PARTITION tracardi.event_2027_09_time_idx;


--
-- Name: event_2027_09_type_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_type_time_idx ATTACH PARTITION tracardi.event_2027_09_type_time_idx;


--
-- Name: event_2027_09_xact_time_id_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_xact_idx ATTACH PARTITION tracardi.event_2027_09_xact_time_id_idx;


--
-- Name: event_2027_10_pkey; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_pkey ATTACH PARTITION tracardi.event_2027_10_pkey;


--
-- Name: event_2027_10_profile_id_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_profile_id_time_idx ATTACH PARTITION tracardi.event_2027_10_profile_id_time_idx;


--
-- Name: event_2027_10_properties_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_path_idx ATTACH PARTITION tracardi.event_2027_10_properties_idx;


--
-- Name: event_2027_10_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_time_idx ATTACH PARTITION tracardi.event_2027_10_time_idx;


--
-- Name: event_2027_10_type_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_type_time_idx ATTACH PARTITION tracardi.event_2027_10_type_time_idx;


--
-- Name: event_2027_10_xact_time_id_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_xact_idx ATTACH PARTITION tracardi.event_2027_10_xact_time_id_idx;


--
-- Name: event_2027_11_pkey; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_pkey ATTACH PARTITION tracardi.event_2027_11_pkey;


--
-- Name: event_2027_11_profile_id_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_profile_id_time_idx ATTACH PARTITION tracardi.event_2027_11_profile_id_time_idx;


--
-- Name: event_2027_11_properties_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_path_idx ATTACH PARTITION tracardi.event_2027_11_properties_idx;


--
-- Name: event_2027_11_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_time_idx ATTACH PARTITION tracardi.event_2027_11_time_idx;


--
-- Name: event_2027_11_type_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_type_time_idx ATTACH PARTITION tracardi.event_2027_11_type_time_idx;


--
-- Name: event_2027_11_xact_time_id_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_xact_idx ATTACH PARTITION tracardi.event_2027_11_xact_time_id_idx;


--
-- Name: event_history_pkey; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_pkey ATTACH PARTITION tracardi.event_history_pkey;


--
-- Name: event_history_profile_id_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_profile_id_time_idx ATTACH PARTITION tracardi.event_history_profile_id_time_idx;


--
-- Name: event_history_properties_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_path_idx ATTACH PARTITION tracardi.event_history_properties_idx;


--
-- Name: event_history_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_time_idx ATTACH PARTITION tracardi.event_history_time_idx;


--
-- Name: event_history_type_time_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_type_time_idx ATTACH PARTITION tracardi.event_history_type_time_idx;


--
-- Name: event_history_xact_time_id_idx; Type: INDEX ATTACH; Schema: tracardi; Owner: dump_owner
--

ALTER INDEX tracardi.event_xact_idx ATTACH PARTITION tracardi.event_history_xact_time_id_idx;


--
-- Name: event audit; Type: TRIGGER; Schema: tracardi; Owner: dump_owner
--

CREATE TRIGGER audit AFTER INSERT ON tracardi.event FOR EACH ROW EXECUTE FUNCTION public.audit();


--
-- Name: profile tell_segments; Type: TRIGGER; Schema: tracardi; Owner: dump_owner
--

CREATE TRIGGER tell_segments AFTER INSERT OR UPDATE ON tracardi.profile FOR EACH ROW EXECUTE FUNCTION tracardi.tell_segments();


--
-- Name: profile ~~keep_segments; Type: TRIGGER; Schema: tracardi; Owner: dump_owner
--

CREATE TRIGGER "~~keep_segments" BEFORE INSERT OR UPDATE OF external_id, primary_id, data, traits, interests, consents, segments, visit_count ON tracardi.profile FOR EACH ROW EXECUTE FUNCTION tracardi.keep_segments();


--
-- Name: ephemeral_event ~~never_stored; Type: TRIGGER; Schema: tracardi; Owner: dump_owner
--

CREATE TRIGGER "~~never_stored" BEFORE INSERT ON tracardi.ephemeral_event FOR EACH ROW EXECUTE FUNCTION tracardi.never_stored();

ALTER TABLE tracardi.ephemeral_event ENABLE ALWAYS TRIGGER "~~never_stored";


--
-- Name: SCHEMA tracardi; Type: ACL; Schema: -; Owner: postgres
--

GRANT CREATE ON SCHEMA tracardi TO dump_owner;


--
-- Name: FUNCTION check_event(event_type text, properties jsonb, context jsonb); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.check_event(event_type text, properties jsonb, context jsonb) TO dump_reader;


--
-- Name: FUNCTION check_setup(); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.check_setup() TO dump_owner;
GRANT ALL ON FUNCTION tracardi.check_setup() TO dump_reader;


--
-- Name: FUNCTION collect(event_type text, source_id text, properties jsonb, session_id text); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.collect(event_type text, source_id text, properties jsonb, session_id text) TO dump_reader;


--
-- Name: FUNCTION consent(profile_id text, consents jsonb, expires_at timestamp with time zone, "all" boolean); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.consent(profile_id text, consents jsonb, expires_at timestamp with time zone, "all" boolean) TO dump_reader;


--
-- Name: FUNCTION continue_transactions(make boolean, at_least bigint); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.continue_transactions(make boolean, at_least bigint) TO dump_owner;


--
-- Name: FUNCTION counters(counted text, name text); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.counters(counted text, name text) TO dump_reader;


--
-- Name: FUNCTION create_event_view(event_type text, name text, schema text); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.create_event_view(event_type text, name text, schema text) TO dump_reader;


--
-- Name: FUNCTION drop_partitions(before timestamp with time zone); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.drop_partitions(before timestamp with time zone) TO dump_owner;


--
-- Name: FUNCTION event_id(source_id text, id text); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.event_id(source_id text, id text) TO dump_reader;


--
-- Name: FUNCTION event_properties(event_type text); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.event_properties(event_type text) TO dump_reader;


--
-- Name: FUNCTION event_view_columns(event_type text, existing regclass); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.event_view_columns(event_type text, existing regclass) TO dump_reader;


--
-- Name: FUNCTION has_consent(consents jsonb, name text, "time" timestamp with time zone); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.has_consent(consents jsonb, name text, "time" timestamp with time zone) TO dump_reader;


--
-- Name: FUNCTION holds(document jsonb, condition jsonpath); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.holds(document jsonb, condition jsonpath) TO dump_owner;
GRANT ALL ON FUNCTION tracardi.holds(document jsonb, condition jsonpath) TO dump_reader;


--
-- Name: FUNCTION id(text); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.id(text) TO dump_reader;


--
-- Name: FUNCTION keep_segments(); Type: ACL; Schema: tracardi; Owner: dump_owner
--

REVOKE ALL ON FUNCTION tracardi.keep_segments() FROM PUBLIC;


--
-- Name: PROCEDURE maintain(); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON PROCEDURE tracardi.maintain() TO dump_owner;


--
-- Name: FUNCTION make_event_view(event_type text, view text, existing regclass); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.make_event_view(event_type text, view text, existing regclass) TO dump_reader;


--
-- Name: FUNCTION make_partition(month timestamp with time zone); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.make_partition(month timestamp with time zone) TO dump_owner;


--
-- Name: FUNCTION make_partitions(); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.make_partitions() TO dump_owner;


--
-- Name: FUNCTION move_history(rows bigint); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.move_history(rows bigint) TO dump_owner;


--
-- Name: FUNCTION never_stored(); Type: ACL; Schema: tracardi; Owner: dump_owner
--

REVOKE ALL ON FUNCTION tracardi.never_stored() FROM PUBLIC;


--
-- Name: FUNCTION next_due(); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.next_due() TO dump_owner;


--
-- Name: FUNCTION normalize_type(text); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.normalize_type(text) TO dump_reader;


--
-- Name: FUNCTION parse_time(text); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.parse_time(text) TO dump_reader;


--
-- Name: FUNCTION prepare_delivery(make boolean); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.prepare_delivery(make boolean) TO dump_owner;


--
-- Name: FUNCTION read_ingest_status(OUT since timestamp with time zone, OUT calls bigint, OUT profile bigint, OUT profileless bigint, OUT ephemeral bigint, OUT system bigint, OUT invalid bigint, OUT rejected bigint, OUT duplicate bigint, OUT refused bigint, OUT failed bigint, OUT lost_reports bigint, OUT worker boolean, OUT event_bytes bigint, OUT profile_bytes bigint, OUT session_bytes bigint, OUT event_key_bytes bigint, OUT kept_rejected bigint, OUT workflow_failures bigint, OUT open_sessions bigint, OUT oldest_open_session timestamp with time zone, OUT unsettled_profiles bigint, OUT oldest_unsettled timestamp with time zone, OUT partitions bigint, OUT history_ends timestamp with time zone, OUT partitions_end timestamp with time zone, OUT oldest_unprocessed timestamp with time zone); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.read_ingest_status(OUT since timestamp with time zone, OUT calls bigint, OUT profile bigint, OUT profileless bigint, OUT ephemeral bigint, OUT system bigint, OUT invalid bigint, OUT rejected bigint, OUT duplicate bigint, OUT refused bigint, OUT failed bigint, OUT lost_reports bigint, OUT worker boolean, OUT event_bytes bigint, OUT profile_bytes bigint, OUT session_bytes bigint, OUT event_key_bytes bigint, OUT kept_rejected bigint, OUT workflow_failures bigint, OUT open_sessions bigint, OUT oldest_open_session timestamp with time zone, OUT unsettled_profiles bigint, OUT oldest_unsettled timestamp with time zone, OUT partitions bigint, OUT history_ends timestamp with time zone, OUT partitions_end timestamp with time zone, OUT oldest_unprocessed timestamp with time zone) TO dump_reader;


--
-- Name: FUNCTION read_source_status(OUT id text, OUT enabled boolean, OUT since timestamp with time zone, OUT calls bigint, OUT profile bigint, OUT profileless bigint, OUT ephemeral bigint, OUT invalid bigint, OUT rejected bigint, OUT duplicate bigint, OUT refused bigint, OUT failed bigint, OUT last_call_at timestamp with time zone, OUT kept_rejected bigint); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.read_source_status(OUT id text, OUT enabled boolean, OUT since timestamp with time zone, OUT calls bigint, OUT profile bigint, OUT profileless bigint, OUT ephemeral bigint, OUT invalid bigint, OUT rejected bigint, OUT duplicate bigint, OUT refused bigint, OUT failed bigint, OUT last_call_at timestamp with time zone, OUT kept_rejected bigint) TO dump_reader;


--
-- Name: FUNCTION read_workflow_status(OUT name text, OUT mode text, OUT enabled boolean, OUT status text, OUT since timestamp with time zone, OUT runs bigint, OUT failures bigint, OUT p50 interval, OUT p99 interval, OUT last_run_at timestamp with time zone, OUT recorded_failures bigint, OUT lag_events bigint, OUT lag interval); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.read_workflow_status(OUT name text, OUT mode text, OUT enabled boolean, OUT status text, OUT since timestamp with time zone, OUT runs bigint, OUT failures bigint, OUT p50 interval, OUT p99 interval, OUT last_run_at timestamp with time zone, OUT recorded_failures bigint, OUT lag_events bigint, OUT lag interval) TO dump_reader;


--
-- Name: FUNCTION refresh_event_view(event_type text, name text, schema text); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.refresh_event_view(event_type text, name text, schema text) TO dump_reader;


--
-- Name: FUNCTION run_workflows(max_events integer, shard integer, shards integer); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.run_workflows(max_events integer, shard integer, shards integer) TO dump_owner;


--
-- Name: FUNCTION snake_case(text); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.snake_case(text) TO dump_reader;


--
-- Name: FUNCTION tell_segments(); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.tell_segments() TO dump_owner;


--
-- Name: FUNCTION tidy_consents(); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.tidy_consents() TO dump_owner;


--
-- Name: FUNCTION track(jsonb); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.track(jsonb) TO dump_reader;


--
-- Name: FUNCTION track(event_type text, properties jsonb, source_id text, profile_id text, session_id text, context jsonb, options jsonb, event_id text, "time" timestamp with time zone); Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT ALL ON FUNCTION tracardi.track(event_type text, properties jsonb, source_id text, profile_id text, session_id text, context jsonb, options jsonb, event_id text, "time" timestamp with time zone) TO dump_reader;


--
-- Name: TABLE audit; Type: ACL; Schema: public; Owner: postgres
--

GRANT INSERT ON TABLE public.audit TO PUBLIC;


--
-- Name: TABLE event; Type: ACL; Schema: tracardi; Owner: dump_owner
--

GRANT SELECT ON TABLE tracardi.event TO dump_reader WITH GRANT OPTION;


--
-- Name: TABLE profile; Type: ACL; Schema: tracardi; Owner: dump_owner
--

GRANT SELECT ON TABLE tracardi.profile TO dump_reader;


--
-- Name: TABLE session; Type: ACL; Schema: tracardi; Owner: dump_owner
--

GRANT SELECT ON TABLE tracardi.session TO dump_reader;


--
-- Name: TABLE consent_rule; Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT SELECT ON TABLE tracardi.consent_rule TO dump_reader;


--
-- Name: TABLE consent_type; Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT SELECT ON TABLE tracardi.consent_type TO dump_reader;


--
-- Name: TABLE event_mapping; Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT SELECT ON TABLE tracardi.event_mapping TO dump_reader;


--
-- Name: TABLE event_rejected; Type: ACL; Schema: tracardi; Owner: dump_owner
--

GRANT SELECT ON TABLE tracardi.event_rejected TO dump_reader;


--
-- Name: TABLE event_schema; Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT SELECT ON TABLE tracardi.event_schema TO dump_reader;


--
-- Name: TABLE event_source; Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT SELECT ON TABLE tracardi.event_source TO dump_reader;


--
-- Name: TABLE event_type; Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT SELECT ON TABLE tracardi.event_type TO dump_reader;


--
-- Name: TABLE identification_point; Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT SELECT ON TABLE tracardi.identification_point TO dump_reader;


--
-- Name: TABLE ingest_status; Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT SELECT ON TABLE tracardi.ingest_status TO dump_reader;


--
-- Name: TABLE profile_alias; Type: ACL; Schema: tracardi; Owner: dump_owner
--

GRANT SELECT ON TABLE tracardi.profile_alias TO dump_reader;


--
-- Name: TABLE person_event; Type: ACL; Schema: tracardi; Owner: dump_owner
--

GRANT SELECT ON TABLE tracardi.person_event TO dump_reader;


--
-- Name: TABLE profile_field; Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT SELECT ON TABLE tracardi.profile_field TO dump_reader;


--
-- Name: TABLE segment; Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT SELECT ON TABLE tracardi.segment TO dump_owner;
GRANT SELECT ON TABLE tracardi.segment TO dump_reader;


--
-- Name: TABLE source_status; Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT SELECT ON TABLE tracardi.source_status TO dump_reader;


--
-- Name: TABLE system_event; Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT SELECT ON TABLE tracardi.system_event TO dump_reader;


--
-- Name: TABLE workflow; Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT SELECT ON TABLE tracardi.workflow TO dump_reader;


--
-- Name: TABLE workflow_cursor; Type: ACL; Schema: tracardi; Owner: dump_owner
--

GRANT SELECT ON TABLE tracardi.workflow_cursor TO dump_reader;


--
-- Name: TABLE workflow_failure; Type: ACL; Schema: tracardi; Owner: dump_owner
--

GRANT SELECT ON TABLE tracardi.workflow_failure TO dump_reader;


--
-- Name: TABLE workflow_status; Type: ACL; Schema: tracardi; Owner: postgres
--

GRANT SELECT ON TABLE tracardi.workflow_status TO dump_reader;


--
-- PostgreSQL database dump complete
--


