table audit_auditentry
    action character varying(60) not null
    actor_id bigint
    actor_kind character varying(10) not null
    at timestamp with time zone not null
    detail character varying(500) not null default ''::character varying
    digest bytea not null
    id bigint not null identity
    object_id character varying(64) not null
    object_kind character varying(40) not null
    salt bytea not null
    unit_id bigint
    constraint audit_auditentry_pkey PRIMARY KEY (id)
    CREATE INDEX audit_action ON audit_auditentry USING btree (action, id DESC)
    CREATE INDEX audit_actor ON audit_auditentry USING btree (actor_id, id DESC)
    CREATE INDEX audit_at ON audit_auditentry USING btree (at)
    CREATE UNIQUE INDEX audit_auditentry_pkey ON audit_auditentry USING btree (id)
    CREATE INDEX audit_object ON audit_auditentry USING btree (object_kind, object_id, id DESC)

table audit_auditseal
    at timestamp with time zone not null
    digest bytea not null
    entries bigint[] not null
    entry_from bigint not null
    entry_to bigint not null
    id bigint not null identity
    previous bytea not null
    constraint audit_auditseal_pkey PRIMARY KEY (id)
    constraint audit_auditseal_previous_key UNIQUE (previous)
    CREATE UNIQUE INDEX audit_auditseal_pkey ON audit_auditseal USING btree (id)
    CREATE UNIQUE INDEX audit_auditseal_previous_key ON audit_auditseal USING btree (previous)
    CREATE INDEX audit_seal_at ON audit_auditseal USING btree (at)
    CREATE INDEX audit_seal_to ON audit_auditseal USING btree (entry_to)

table audit_retentionclass
    about_en character varying(300) not null
    about_zh character varying(200) not null
    action character varying(10) not null
    amount integer
    changed_at timestamp with time zone
    code character varying(30) not null
    id bigint not null identity
    least integer not null
    most integer not null
    name_en character varying(100) not null
    name_zh character varying(60) not null
    source character varying(200) not null
    unit character varying(10) not null
    constraint audit_retentionclass_amount_check CHECK ((amount >= 0))
    constraint audit_retentionclass_code_key UNIQUE (code)
    constraint audit_retentionclass_least_check CHECK (("least" >= 0))
    constraint audit_retentionclass_most_check CHECK ((most >= 0))
    constraint audit_retentionclass_pkey PRIMARY KEY (id)
    constraint retention_within_bounds CHECK (((amount IS NULL) OR ((amount >= "least") AND (amount <= most))))
    CREATE INDEX audit_retentionclass_code_aede41cb_like ON audit_retentionclass USING btree (code varchar_pattern_ops)
    CREATE UNIQUE INDEX audit_retentionclass_code_key ON audit_retentionclass USING btree (code)
    CREATE UNIQUE INDEX audit_retentionclass_pkey ON audit_retentionclass USING btree (id)

table audit_tableversion
    name character varying(40) not null
    version uuid not null
    constraint audit_tableversion_pkey PRIMARY KEY (name)
    CREATE INDEX audit_tableversion_name_5e8b3f7e_like ON audit_tableversion USING btree (name varchar_pattern_ops)
    CREATE UNIQUE INDEX audit_tableversion_pkey ON audit_tableversion USING btree (name)

table casework_case
    cell character varying(16) not null default ''::character varying
    channel character varying(20) not null
    closed_at timestamp with time zone
    community_id bigint
    confidentiality smallint not null default 0
    due_at timestamp with time zone
    holder_id bigint
    holder_unit_id bigint
    id bigint not null identity
    kind character varying(40) not null
    number character varying(20) not null
    opened_at timestamp with time zone not null
    parent_id bigint
    restricted boolean not null default false
    state character varying(30) not null
    title character varying(80) not null
    topic_id bigint
    urgency smallint not null default 0
    version integer not null default 1
    constraint case_closed_after_opened CHECK (((closed_at IS NULL) OR (closed_at >= opened_at)))
    constraint case_closed_has_no_deadline CHECK (((closed_at IS NULL) OR (due_at IS NULL)))
    constraint casework_case_community_id_eb68e37b_fk_places_community_id FOREIGN KEY (community_id) REFERENCES places_community(id) DEFERRABLE INITIALLY DEFERRED
    constraint casework_case_confidentiality_check CHECK ((confidentiality >= 0))
    constraint casework_case_holder_id_95e1c411_fk_identity_user_id FOREIGN KEY (holder_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint casework_case_holder_unit_id_5d402d27_fk_identity_unit_id FOREIGN KEY (holder_unit_id) REFERENCES identity_unit(id) DEFERRABLE INITIALLY DEFERRED
    constraint casework_case_number_key UNIQUE (number)
    constraint casework_case_parent_id_a45a861e_fk_casework_case_id FOREIGN KEY (parent_id) REFERENCES casework_case(id) DEFERRABLE INITIALLY DEFERRED
    constraint casework_case_pkey PRIMARY KEY (id)
    constraint casework_case_topic_id_fbd90d49_fk_casework_topic_id FOREIGN KEY (topic_id) REFERENCES casework_topic(id) DEFERRABLE INITIALLY DEFERRED
    constraint casework_case_urgency_check CHECK ((urgency >= 0))
    constraint casework_case_version_check CHECK ((version >= 0))
    CREATE INDEX case_cell_open ON casework_case USING btree (cell, id DESC) WHERE (closed_at IS NULL)
    CREATE INDEX case_due ON casework_case USING btree (due_at, id) INCLUDE (restricted) WHERE (closed_at IS NULL)
    CREATE INDEX case_mine_due ON casework_case USING btree (holder_id, holder_unit_id, due_at, id) INCLUDE (restricted) WHERE (closed_at IS NULL)
    CREATE INDEX case_opened ON casework_case USING btree (opened_at, topic_id, community_id) INCLUDE (restricted)
    CREATE INDEX case_restricted ON casework_case USING btree (id) WHERE restricted
    CREATE INDEX case_state_closed ON casework_case USING btree (state, closed_at) WHERE (NOT (closed_at IS NULL))
    CREATE INDEX case_state_due ON casework_case USING btree (state, due_at, id) INCLUDE (restricted) WHERE (closed_at IS NULL)
    CREATE INDEX case_state_new ON casework_case USING btree (state, id DESC)
    CREATE INDEX case_unit_due ON casework_case USING btree (holder_unit_id, due_at, id) INCLUDE (restricted) WHERE (closed_at IS NULL)
    CREATE INDEX case_unit_new ON casework_case USING btree (holder_unit_id, id DESC)
    CREATE INDEX case_unit_state_new ON casework_case USING btree (holder_unit_id, state, id DESC)
    CREATE INDEX casework_case_community_id_eb68e37b ON casework_case USING btree (community_id)
    CREATE INDEX casework_case_number_bdae377d_like ON casework_case USING btree (number varchar_pattern_ops)
    CREATE UNIQUE INDEX casework_case_number_key ON casework_case USING btree (number)
    CREATE INDEX casework_case_parent_id_a45a861e ON casework_case USING btree (parent_id)
    CREATE UNIQUE INDEX casework_case_pkey ON casework_case USING btree (id)
    CREATE INDEX casework_case_topic_id_fbd90d49 ON casework_case USING btree (topic_id)

table casework_caseclock
    breached_at timestamp with time zone
    case_id bigint not null
    due_at timestamp with time zone not null
    id bigint not null identity
    limit_key character varying(60) not null
    name character varying(30) not null
    next_step_at timestamp with time zone
    paused_at timestamp with time zone
    provisional boolean not null
    started_at timestamp with time zone not null
    step smallint not null default 0
    stopped_at timestamp with time zone
    constraint casework_caseclock_case_id_6264174a_fk_casework_case_id FOREIGN KEY (case_id) REFERENCES casework_case(id) DEFERRABLE INITIALLY DEFERRED
    constraint casework_caseclock_pkey PRIMARY KEY (id)
    constraint casework_caseclock_step_check CHECK ((step >= 0))
    constraint clock_due_after_start CHECK ((due_at >= started_at))
    CREATE UNIQUE INDEX casework_caseclock_pkey ON casework_caseclock USING btree (id)
    CREATE INDEX clock_case ON casework_caseclock USING btree (case_id, id)
    CREATE INDEX clock_next_step ON casework_caseclock USING btree (next_step_at) WHERE ((paused_at IS NULL) AND (stopped_at IS NULL) AND (NOT (next_step_at IS NULL)))
    CREATE UNIQUE INDEX clock_runs_once ON casework_caseclock USING btree (case_id, name) WHERE (stopped_at IS NULL)

table casework_casedocument
    case_id bigint not null
    document_id bigint not null
    event_id bigint not null
    id bigint not null identity
    public boolean not null
    constraint case_document_once UNIQUE (case_id, document_id)
    constraint casework_casedocumen_document_id_a9933b38_fk_documents FOREIGN KEY (document_id) REFERENCES documents_document(id) DEFERRABLE INITIALLY DEFERRED
    constraint casework_casedocumen_event_id_e664e0c3_fk_casework_ FOREIGN KEY (event_id) REFERENCES casework_caseevent(id) DEFERRABLE INITIALLY DEFERRED
    constraint casework_casedocument_case_id_4943f308_fk_casework_case_id FOREIGN KEY (case_id) REFERENCES casework_case(id) DEFERRABLE INITIALLY DEFERRED
    constraint casework_casedocument_pkey PRIMARY KEY (id)
    CREATE UNIQUE INDEX case_document_once ON casework_casedocument USING btree (case_id, document_id)
    CREATE INDEX casework_casedocument_document_id_a9933b38 ON casework_casedocument USING btree (document_id)
    CREATE INDEX casework_casedocument_event_id_e664e0c3 ON casework_casedocument USING btree (event_id)
    CREATE UNIQUE INDEX casework_casedocument_pkey ON casework_casedocument USING btree (id)

table casework_caseevent
    actor_id bigint
    actor_kind character varying(10) not null
    after character varying(30) not null
    at timestamp with time zone not null
    before character varying(30) not null
    case_id bigint not null
    channel character varying(20) not null
    digest bytea not null
    due_at timestamp with time zone
    from_unit_id bigint
    id bigint not null identity
    move character varying(30) not null
    party_id bigint
    public boolean not null
    to_unit_id bigint
    unit_id bigint
    written_at timestamp with time zone not null default statement_timestamp()
    constraint casework_caseevent_actor_id_463cc22d_fk_identity_user_id FOREIGN KEY (actor_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint casework_caseevent_case_id_46aaa1c4_fk_casework_case_id FOREIGN KEY (case_id) REFERENCES casework_case(id) DEFERRABLE INITIALLY DEFERRED
    constraint casework_caseevent_from_unit_id_d91f44be_fk_identity_unit_id FOREIGN KEY (from_unit_id) REFERENCES identity_unit(id) DEFERRABLE INITIALLY DEFERRED
    constraint casework_caseevent_party_id_b49a0353_fk_casework_caseparty_id FOREIGN KEY (party_id) REFERENCES casework_caseparty(id) DEFERRABLE INITIALLY DEFERRED
    constraint casework_caseevent_pkey PRIMARY KEY (id)
    constraint casework_caseevent_to_unit_id_25a8fba7_fk_identity_unit_id FOREIGN KEY (to_unit_id) REFERENCES identity_unit(id) DEFERRABLE INITIALLY DEFERRED
    constraint casework_caseevent_unit_id_9469c2c1_fk_identity_unit_id FOREIGN KEY (unit_id) REFERENCES identity_unit(id) DEFERRABLE INITIALLY DEFERRED
    CREATE INDEX casework_caseevent_party_id_b49a0353 ON casework_caseevent USING btree (party_id)
    CREATE UNIQUE INDEX casework_caseevent_pkey ON casework_caseevent USING btree (id)
    CREATE INDEX event_at ON casework_caseevent USING brin (at)
    CREATE INDEX event_case ON casework_caseevent USING btree (case_id, id)
    CREATE INDEX event_move_at ON casework_caseevent USING btree (move, at)

table casework_caseparty
    anonymous boolean not null
    case_id bigint not null
    consent_contact boolean not null
    contact_id bigint
    created_at timestamp with time zone not null
    id bigint not null identity
    language character varying(10) not null
    notify boolean not null
    person_id bigint
    receipt_index bytea
    role character varying(20) not null
    constraint casework_caseparty_case_id_91b7196c_fk_casework_case_id FOREIGN KEY (case_id) REFERENCES casework_case(id) DEFERRABLE INITIALLY DEFERRED
    constraint casework_caseparty_contact_id_e49f1fca_fk_parties_contact_id FOREIGN KEY (contact_id) REFERENCES parties_contact(id) DEFERRABLE INITIALLY DEFERRED
    constraint casework_caseparty_person_id_f84624e1_fk_parties_person_id FOREIGN KEY (person_id) REFERENCES parties_person(id) DEFERRABLE INITIALLY DEFERRED
    constraint casework_caseparty_pkey PRIMARY KEY (id)
    constraint party_anonymous_has_no_contact CHECK (((NOT anonymous) OR (contact_id IS NULL)))
    CREATE INDEX casework_caseparty_case_id_91b7196c ON casework_caseparty USING btree (case_id)
    CREATE INDEX casework_caseparty_contact_id_e49f1fca ON casework_caseparty USING btree (contact_id)
    CREATE UNIQUE INDEX casework_caseparty_pkey ON casework_caseparty USING btree (id)
    CREATE INDEX party_person ON casework_caseparty USING btree (person_id, id DESC) WHERE (NOT (person_id IS NULL))
    CREATE INDEX party_receipt ON casework_caseparty USING btree (receipt_index)

table casework_caseshare
    case_id bigint not null
    id bigint not null identity
    since timestamp with time zone not null
    unit_id bigint not null
    constraint casework_caseshare_case_id_cb696640_fk_casework_case_id FOREIGN KEY (case_id) REFERENCES casework_case(id) DEFERRABLE INITIALLY DEFERRED
    constraint casework_caseshare_pkey PRIMARY KEY (id)
    constraint casework_caseshare_unit_id_49914937_fk_identity_unit_id FOREIGN KEY (unit_id) REFERENCES identity_unit(id) DEFERRABLE INITIALLY DEFERRED
    constraint share_once UNIQUE (unit_id, case_id)
    CREATE INDEX casework_caseshare_case_id_cb696640 ON casework_caseshare USING btree (case_id)
    CREATE UNIQUE INDEX casework_caseshare_pkey ON casework_caseshare USING btree (id)
    CREATE UNIQUE INDEX share_once ON casework_caseshare USING btree (unit_id, case_id)

table casework_casetext
    case_id bigint not null
    grams tsvector not null
    constraint casework_casetext_case_id_6cfec3f8_fk_casework_case_id FOREIGN KEY (case_id) REFERENCES casework_case(id) DEFERRABLE INITIALLY DEFERRED
    constraint casework_casetext_pkey PRIMARY KEY (case_id)
    CREATE INDEX case_text_grams ON casework_casetext USING gin (grams) WITH (fastupdate='on')
    CREATE UNIQUE INDEX casework_casetext_pkey ON casework_casetext USING btree (case_id)

table casework_clockpause
    clock_id bigint not null
    id bigint not null identity
    paused_at timestamp with time zone not null
    reason character varying(300) not null
    resumed_at timestamp with time zone
    constraint casework_clockpause_clock_id_f19c9211_fk_casework_caseclock_id FOREIGN KEY (clock_id) REFERENCES casework_caseclock(id) DEFERRABLE INITIALLY DEFERRED
    constraint casework_clockpause_pkey PRIMARY KEY (id)
    constraint pause_ends_after_start CHECK (((resumed_at IS NULL) OR (resumed_at >= paused_at)))
    CREATE INDEX casework_clockpause_clock_id_f19c9211 ON casework_clockpause USING btree (clock_id)
    CREATE UNIQUE INDEX casework_clockpause_pkey ON casework_clockpause USING btree (id)
    CREATE UNIQUE INDEX clock_pauses_once ON casework_clockpause USING btree (clock_id) WHERE (resumed_at IS NULL)

table casework_eventtext
    body text not null
    event_id bigint not null
    id bigint not null identity
    public boolean not null
    salt bytea not null
    constraint casework_eventtext_event_id_ed6317d2_fk_casework_caseevent_id FOREIGN KEY (event_id) REFERENCES casework_caseevent(id) DEFERRABLE INITIALLY DEFERRED
    constraint casework_eventtext_pkey PRIMARY KEY (id)
    constraint event_text_once UNIQUE (event_id, public)
    CREATE UNIQUE INDEX casework_eventtext_pkey ON casework_eventtext USING btree (id)
    CREATE UNIQUE INDEX event_text_once ON casework_eventtext USING btree (event_id, public)

table casework_reminder
    amount integer not null
    id bigint not null identity
    key character varying(60) not null
    modelled_on character varying(200) not null default ''::character varying
    move character varying(30) not null
    source character varying(200) not null
    unit character varying(20) not null
    valid daterange not null
    when character varying(10) not null
    constraint casework_reminder_amount_check CHECK ((amount >= 0))
    constraint casework_reminder_pkey PRIMARY KEY (id)
    constraint reminder_once UNIQUE (key, "when", amount, unit, valid)
    CREATE UNIQUE INDEX casework_reminder_pkey ON casework_reminder USING btree (id)
    CREATE UNIQUE INDEX reminder_once ON casework_reminder USING btree (key, "when", amount, unit, valid)

table casework_revealgrant
    ends_at timestamp with time zone not null
    granted_at timestamp with time zone not null
    id bigint not null identity
    party_id bigint not null
    purpose character varying(100) not null
    user_id bigint not null
    constraint casework_revealgrant_party_id_2aa103e2_fk_casework_caseparty_id FOREIGN KEY (party_id) REFERENCES casework_caseparty(id) DEFERRABLE INITIALLY DEFERRED
    constraint casework_revealgrant_pkey PRIMARY KEY (id)
    constraint casework_revealgrant_user_id_9380796e_fk_identity_user_id FOREIGN KEY (user_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    CREATE UNIQUE INDEX casework_revealgrant_pkey ON casework_revealgrant USING btree (id)
    CREATE INDEX casework_revealgrant_user_id_9380796e ON casework_revealgrant USING btree (user_id)
    CREATE INDEX grant_party_user ON casework_revealgrant USING btree (party_id, user_id, ends_at)

table casework_tally
    community_id bigint
    id bigint not null identity
    kind character varying(40) not null
    n bigint not null
    state character varying(30) not null
    topic_id bigint
    unit_id bigint
    constraint casework_tally_community_id_515df396_fk_places_community_id FOREIGN KEY (community_id) REFERENCES places_community(id) DEFERRABLE INITIALLY DEFERRED
    constraint casework_tally_pkey PRIMARY KEY (id)
    constraint casework_tally_topic_id_02860d9a_fk_casework_topic_id FOREIGN KEY (topic_id) REFERENCES casework_topic(id) DEFERRABLE INITIALLY DEFERRED
    constraint casework_tally_unit_id_2de6d5be_fk_identity_unit_id FOREIGN KEY (unit_id) REFERENCES identity_unit(id) DEFERRABLE INITIALLY DEFERRED
    constraint tally_once UNIQUE NULLS NOT DISTINCT (kind, topic_id, unit_id, community_id, state)
    CREATE INDEX casework_tally_community_id_515df396 ON casework_tally USING btree (community_id)
    CREATE UNIQUE INDEX casework_tally_pkey ON casework_tally USING btree (id)
    CREATE INDEX casework_tally_topic_id_02860d9a ON casework_tally USING btree (topic_id)
    CREATE INDEX casework_tally_unit_id_2de6d5be ON casework_tally USING btree (unit_id)
    CREATE UNIQUE INDEX tally_once ON casework_tally USING btree (kind, topic_id, unit_id, community_id, state) NULLS NOT DISTINCT

table casework_tallydelta
    community_id bigint
    id bigint not null identity
    kind character varying(40) not null
    n smallint not null
    state character varying(30) not null
    topic_id bigint
    unit_id bigint
    constraint casework_tallydelta_pkey PRIMARY KEY (id)
    CREATE UNIQUE INDEX casework_tallydelta_pkey ON casework_tallydelta USING btree (id)

table casework_term
    amount integer not null
    id bigint not null identity
    key character varying(60) not null
    modelled_on character varying(200) not null default ''::character varying
    source character varying(200) not null
    unit character varying(20) not null
    urgency smallint not null
    valid daterange not null
    constraint casework_term_amount_check CHECK ((amount >= 0))
    constraint casework_term_pkey PRIMARY KEY (id)
    constraint casework_term_urgency_check CHECK ((urgency >= 0))
    constraint one_term_at_a_time EXCLUDE USING gist (key WITH =, urgency WITH =, valid WITH &&)
    CREATE UNIQUE INDEX casework_term_pkey ON casework_term USING btree (id)
    CREATE INDEX one_term_at_a_time ON casework_term USING gist (key, urgency, valid)

table casework_topic
    active boolean not null
    code character varying(40) not null
    domain character varying(20) not null
    id bigint not null identity
    name_en character varying(80) not null
    name_zh character varying(40) not null
    order smallint not null
    parent_id bigint
    pinyin character varying(200) not null
    restricted boolean not null default false
    constraint casework_topic_code_key UNIQUE (code)
    constraint casework_topic_order_check CHECK (("order" >= 0))
    constraint casework_topic_parent_id_037769a2_fk_casework_topic_id FOREIGN KEY (parent_id) REFERENCES casework_topic(id) DEFERRABLE INITIALLY DEFERRED
    constraint casework_topic_pkey PRIMARY KEY (id)
    CREATE INDEX casework_topic_code_934581c0_like ON casework_topic USING btree (code varchar_pattern_ops)
    CREATE UNIQUE INDEX casework_topic_code_key ON casework_topic USING btree (code)
    CREATE INDEX casework_topic_parent_id_037769a2 ON casework_topic USING btree (parent_id)
    CREATE UNIQUE INDEX casework_topic_pkey ON casework_topic USING btree (id)

table documents_document
    claim_token character varying(43) not null
    created_at timestamp with time zone not null
    erased_at timestamp with time zone
    height integer
    id bigint not null identity
    kind character varying(20) not null
    mime character varying(100) not null
    name bytea not null
    retention character varying(20) not null
    sha256 character varying(64) not null
    size integer not null
    uploaded_by_id bigint
    width integer
    constraint documents_document_height_check CHECK ((height >= 0))
    constraint documents_document_pkey PRIMARY KEY (id)
    constraint documents_document_size_check CHECK ((size >= 0))
    constraint documents_document_uploaded_by_id_cc1ba81a_fk_identity_user_id FOREIGN KEY (uploaded_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint documents_document_width_check CHECK ((width >= 0))
    CREATE INDEX document_sha256 ON documents_document USING btree (sha256)
    CREATE INDEX document_unclaimed ON documents_document USING btree (claim_token, created_at) WHERE (NOT ((claim_token)::text = ''::text))
    CREATE UNIQUE INDEX documents_document_pkey ON documents_document USING btree (id)
    CREATE INDEX documents_document_uploaded_by_id_cc1ba81a ON documents_document USING btree (uploaded_by_id)

table figures_indicatorvalue
    day date not null
    denominator bigint not null
    id bigint not null identity
    indicator character varying(60) not null
    numerator bigint not null
    unit_id bigint
    written_at timestamp with time zone not null
    constraint figures_indicatorvalue_pkey PRIMARY KEY (id)
    constraint figures_indicatorvalue_unit_id_027c3d92_fk_identity_unit_id FOREIGN KEY (unit_id) REFERENCES identity_unit(id) DEFERRABLE INITIALLY DEFERRED
    constraint indicator_once UNIQUE NULLS NOT DISTINCT (indicator, day, unit_id)
    CREATE UNIQUE INDEX figures_indicatorvalue_pkey ON figures_indicatorvalue USING btree (id)
    CREATE INDEX figures_indicatorvalue_unit_id_027c3d92 ON figures_indicatorvalue USING btree (unit_id)
    CREATE UNIQUE INDEX indicator_once ON figures_indicatorvalue USING btree (indicator, day, unit_id) NULLS NOT DISTINCT

table hotline_attributeanswer
    attribute_id bigint not null
    case_id bigint not null
    id bigint not null identity
    place smallint not null
    value text not null
    constraint attribute_answer_once UNIQUE (case_id, attribute_id, place)
    constraint hotline_attributeans_attribute_id_c6e3156e_fk_hotline_s FOREIGN KEY (attribute_id) REFERENCES hotline_serviceattribute(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_attributeanswer_case_id_6f0c0eaf_fk_casework_case_id FOREIGN KEY (case_id) REFERENCES casework_case(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_attributeanswer_pkey PRIMARY KEY (id)
    constraint hotline_attributeanswer_place_check CHECK ((place >= 0))
    CREATE UNIQUE INDEX attribute_answer_once ON hotline_attributeanswer USING btree (case_id, attribute_id, place)
    CREATE INDEX hotline_attributeanswer_attribute_id_c6e3156e ON hotline_attributeanswer USING btree (attribute_id)
    CREATE INDEX hotline_attributeanswer_case_id_6f0c0eaf ON hotline_attributeanswer USING btree (case_id)
    CREATE UNIQUE INDEX hotline_attributeanswer_pkey ON hotline_attributeanswer USING btree (id)

table hotline_callattempt
    case_id bigint not null
    id bigint not null identity
    made_at timestamp with time zone not null
    made_by_id bigint not null
    purpose character varying(10) not null
    reached boolean not null
    remark character varying(300) not null
    satisfaction smallint
    solved character varying(10) not null
    was_contacted boolean
    constraint hotline_callattempt_case_id_66ce89bb_fk_casework_case_id FOREIGN KEY (case_id) REFERENCES casework_case(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_callattempt_made_by_id_ce7802de_fk_identity_user_id FOREIGN KEY (made_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_callattempt_pkey PRIMARY KEY (id)
    constraint hotline_callattempt_satisfaction_check CHECK ((satisfaction >= 0))
    CREATE INDEX call_case ON hotline_callattempt USING btree (case_id, made_at)
    CREATE INDEX hotline_callattempt_case_id_66ce89bb ON hotline_callattempt USING btree (case_id)
    CREATE INDEX hotline_callattempt_made_by_id_ce7802de ON hotline_callattempt USING btree (made_by_id)
    CREATE UNIQUE INDEX hotline_callattempt_pkey ON hotline_callattempt USING btree (id)

table hotline_callerrestriction
    basis character varying(300) not null
    case_id bigint not null
    decided_at timestamp with time zone not null
    decided_by_id bigint not null
    ended_at timestamp with time zone
    ended_by_id bigint
    ended_why character varying(300) not null
    ends timestamp with time zone not null
    id bigint not null identity
    mask_phone character varying(40) not null
    phone_index bytea not null
    reason character varying(300) not null
    renews_id bigint
    starts timestamp with time zone not null
    unit_id bigint
    constraint hotline_callerrestri_decided_by_id_2220a10b_fk_identity_ FOREIGN KEY (decided_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_callerrestri_ended_by_id_8dc15488_fk_identity_ FOREIGN KEY (ended_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_callerrestri_renews_id_394b5beb_fk_hotline_c FOREIGN KEY (renews_id) REFERENCES hotline_callerrestriction(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_callerrestriction_case_id_7d9d65f5_fk_casework_case_id FOREIGN KEY (case_id) REFERENCES casework_case(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_callerrestriction_pkey PRIMARY KEY (id)
    constraint hotline_callerrestriction_unit_id_41d251d1_fk_identity_unit_id FOREIGN KEY (unit_id) REFERENCES identity_unit(id) DEFERRABLE INITIALLY DEFERRED
    constraint restriction_has_a_span CHECK ((ends > starts))
    CREATE INDEX hotline_callerrestriction_case_id_7d9d65f5 ON hotline_callerrestriction USING btree (case_id)
    CREATE INDEX hotline_callerrestriction_decided_by_id_2220a10b ON hotline_callerrestriction USING btree (decided_by_id)
    CREATE INDEX hotline_callerrestriction_ended_by_id_8dc15488 ON hotline_callerrestriction USING btree (ended_by_id)
    CREATE UNIQUE INDEX hotline_callerrestriction_pkey ON hotline_callerrestriction USING btree (id)
    CREATE INDEX hotline_callerrestriction_renews_id_394b5beb ON hotline_callerrestriction USING btree (renews_id)
    CREATE INDEX hotline_callerrestriction_unit_id_41d251d1 ON hotline_callerrestriction USING btree (unit_id)
    CREATE INDEX restriction_number ON hotline_callerrestriction USING btree (phone_index, ends)

table hotline_dispatchrule
    assist_subdistrict boolean not null
    catalogue character varying(20) not null
    clause character varying(20) not null
    id bigint not null identity
    lead_subdistrict boolean not null
    lead_unit_id bigint not null
    limit_key character varying(60) not null
    reason_en character varying(200) not null
    reason_zh character varying(120) not null
    topic_id bigint not null
    valid daterange not null
    constraint hotline_dispatchrule_lead_unit_id_21ac4870_fk_identity_unit_id FOREIGN KEY (lead_unit_id) REFERENCES identity_unit(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_dispatchrule_pkey PRIMARY KEY (id)
    constraint hotline_dispatchrule_topic_id_1e01c3f9_fk_casework_topic_id FOREIGN KEY (topic_id) REFERENCES casework_topic(id) DEFERRABLE INITIALLY DEFERRED
    constraint one_rule_for_a_topic_at_a_time EXCLUDE USING gist (topic_id WITH =, valid WITH &&)
    CREATE INDEX hotline_dispatchrule_lead_unit_id_21ac4870 ON hotline_dispatchrule USING btree (lead_unit_id)
    CREATE UNIQUE INDEX hotline_dispatchrule_pkey ON hotline_dispatchrule USING btree (id)
    CREATE INDEX hotline_dispatchrule_topic_id_1e01c3f9 ON hotline_dispatchrule USING btree (topic_id)
    CREATE INDEX one_rule_for_a_topic_at_a_time ON hotline_dispatchrule USING gist (topic_id, valid)

table hotline_emergencyword
    id bigint not null identity
    service character varying(3) not null
    valid daterange not null
    word character varying(20) not null
    constraint hotline_emergencyword_pkey PRIMARY KEY (id)
    constraint one_emergency_word_at_a_time EXCLUDE USING gist (word WITH =, valid WITH &&)
    CREATE UNIQUE INDEX hotline_emergencyword_pkey ON hotline_emergencyword USING btree (id)
    CREATE INDEX one_emergency_word_at_a_time ON hotline_emergencyword USING gist (word, valid)

table hotline_everydayword
    id bigint not null identity
    topic_id bigint not null
    valid daterange not null
    word character varying(40) not null
    constraint hotline_everydayword_pkey PRIMARY KEY (id)
    constraint hotline_everydayword_topic_id_143b8ec9_fk_casework_topic_id FOREIGN KEY (topic_id) REFERENCES casework_topic(id) DEFERRABLE INITIALLY DEFERRED
    constraint one_everyday_word_at_a_time EXCLUDE USING gist (topic_id WITH =, word WITH =, valid WITH &&)
    CREATE UNIQUE INDEX hotline_everydayword_pkey ON hotline_everydayword USING btree (id)
    CREATE INDEX hotline_everydayword_topic_id_143b8ec9 ON hotline_everydayword USING btree (topic_id)
    CREATE INDEX one_everyday_word_at_a_time ON hotline_everydayword USING gist (topic_id, word, valid)

table hotline_extension
    amount smallint not null
    asked_at timestamp with time zone not null
    asked_by_id bigint not null
    case_id bigint not null
    decided_at timestamp with time zone
    decided_by_id bigint
    granted boolean
    id bigint not null identity
    new_due_at timestamp with time zone
    number smallint not null
    reason character varying(300) not null
    constraint extension_at_most_twice CHECK (((number >= 1) AND (number <= 2)))
    constraint hotline_extension_amount_check CHECK ((amount >= 0))
    constraint hotline_extension_asked_by_id_7bc7d814_fk_identity_user_id FOREIGN KEY (asked_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_extension_case_id_e49778e8_fk_casework_case_id FOREIGN KEY (case_id) REFERENCES casework_case(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_extension_decided_by_id_af828c42_fk_identity_user_id FOREIGN KEY (decided_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_extension_number_check CHECK ((number >= 0))
    constraint hotline_extension_pkey PRIMARY KEY (id)
    CREATE INDEX hotline_extension_asked_by_id_7bc7d814 ON hotline_extension USING btree (asked_by_id)
    CREATE INDEX hotline_extension_case_id_e49778e8 ON hotline_extension USING btree (case_id)
    CREATE INDEX hotline_extension_decided_by_id_af828c42 ON hotline_extension USING btree (decided_by_id)
    CREATE UNIQUE INDEX hotline_extension_pkey ON hotline_extension USING btree (id)
    CREATE UNIQUE INDEX one_extension_pending ON hotline_extension USING btree (case_id) WHERE (decided_at IS NULL)

table hotline_follower
    case_id bigint not null
    contact_id bigint
    counted_as bytea not null
    created_at timestamp with time zone not null
    id bigint not null identity
    receipt_index bytea not null
    stopped_at timestamp with time zone
    told_state character varying(30) not null
    visitor_index bytea not null
    constraint hotline_follower_case_id_3113196b_fk_casework_case_id FOREIGN KEY (case_id) REFERENCES casework_case(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_follower_contact_id_26e3070e_fk_parties_contact_id FOREIGN KEY (contact_id) REFERENCES parties_contact(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_follower_pkey PRIMARY KEY (id)
    constraint hotline_follower_receipt_index_key UNIQUE (receipt_index)
    CREATE UNIQUE INDEX follower_once ON hotline_follower USING btree (case_id, counted_as, visitor_index) WHERE (stopped_at IS NULL)
    CREATE INDEX follower_waits ON hotline_follower USING btree (case_id) WHERE ((contact_id IS NOT NULL) AND (stopped_at IS NULL) AND (NOT ((told_state)::text = 'archived'::text)))
    CREATE INDEX hotline_follower_contact_id_26e3070e ON hotline_follower USING btree (contact_id)
    CREATE UNIQUE INDEX hotline_follower_pkey ON hotline_follower USING btree (id)
    CREATE UNIQUE INDEX hotline_follower_receipt_index_key ON hotline_follower USING btree (receipt_index)

table hotline_importbatch
    created integer not null
    created_at timestamp with time zone not null
    document_id bigint
    file_name character varying(120) not null
    finished_at timestamp with time zone
    id bigint not null identity
    kept integer not null
    mapping text not null
    not_followed integer not null default 0
    notes jsonb not null
    outside integer not null
    placeless integer not null
    program character varying(60) not null
    progress integer not null
    read integer not null
    rejected integer not null
    removed integer not null default 0
    repeated integer not null
    restored integer not null default 0
    state character varying(10) not null
    still_open integer not null
    swept_at timestamp with time zone
    trouble character varying(300) not null
    unchanged integer not null
    undone_at timestamp with time zone
    undone_by_id bigint
    unit_id bigint
    updated integer not null
    user_id bigint
    constraint hotline_importbatch_created_check CHECK ((created >= 0))
    constraint hotline_importbatch_document_id_ea01e431_fk_documents FOREIGN KEY (document_id) REFERENCES documents_document(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_importbatch_kept_check CHECK ((kept >= 0))
    constraint hotline_importbatch_not_followed_check CHECK ((not_followed >= 0))
    constraint hotline_importbatch_outside_check CHECK ((outside >= 0))
    constraint hotline_importbatch_pkey PRIMARY KEY (id)
    constraint hotline_importbatch_placeless_check CHECK ((placeless >= 0))
    constraint hotline_importbatch_progress_check CHECK ((progress >= 0))
    constraint hotline_importbatch_read_check CHECK ((read >= 0))
    constraint hotline_importbatch_rejected_check CHECK ((rejected >= 0))
    constraint hotline_importbatch_removed_check CHECK ((removed >= 0))
    constraint hotline_importbatch_repeated_check CHECK ((repeated >= 0))
    constraint hotline_importbatch_restored_check CHECK ((restored >= 0))
    constraint hotline_importbatch_still_open_check CHECK ((still_open >= 0))
    constraint hotline_importbatch_unchanged_check CHECK ((unchanged >= 0))
    constraint hotline_importbatch_undone_by_id_75496afd_fk_identity_user_id FOREIGN KEY (undone_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_importbatch_unit_id_1477cf24_fk_identity_unit_id FOREIGN KEY (unit_id) REFERENCES identity_unit(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_importbatch_updated_check CHECK ((updated >= 0))
    constraint hotline_importbatch_user_id_24443c6d_fk_identity_user_id FOREIGN KEY (user_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    CREATE INDEX hotline_importbatch_document_id_ea01e431 ON hotline_importbatch USING btree (document_id)
    CREATE UNIQUE INDEX hotline_importbatch_pkey ON hotline_importbatch USING btree (id)
    CREATE INDEX hotline_importbatch_undone_by_id_75496afd ON hotline_importbatch USING btree (undone_by_id)
    CREATE INDEX hotline_importbatch_unit_id_1477cf24 ON hotline_importbatch USING btree (unit_id)
    CREATE INDEX hotline_importbatch_user_id_24443c6d ON hotline_importbatch USING btree (user_id)
    CREATE INDEX import_newest ON hotline_importbatch USING btree (id DESC)

table hotline_importchange
    address character varying(120) not null
    answers text not null default ''::text
    batch_id bigint not null
    case_id bigint not null
    cell character varying(16) not null
    channel character varying(20) not null default ''::character varying
    closed_at timestamp with time zone
    community_id bigint
    confidentiality smallint not null default 0
    description text not null
    digest bytea not null
    holder_unit_id bigint
    id bigint not null identity
    lat double precision
    latest_id bigint not null
    lon double precision
    opened_at timestamp with time zone
    original_status character varying(60) not null
    outcome character varying(10) not null default ''::character varying
    outside boolean not null
    replied_at timestamp with time zone
    reply text not null
    state character varying(30) not null
    title character varying(80) not null
    topic_id bigint
    unit_id bigint
    urgency smallint not null default 0
    constraint hotline_importchange_batch_id_5ec46060_fk_hotline_i FOREIGN KEY (batch_id) REFERENCES hotline_importbatch(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_importchange_case_id_abcec5f1_fk_casework_case_id FOREIGN KEY (case_id) REFERENCES casework_case(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_importchange_community_id_31fd77fa_fk_places_co FOREIGN KEY (community_id) REFERENCES places_community(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_importchange_confidentiality_check CHECK ((confidentiality >= 0))
    constraint hotline_importchange_holder_unit_id_d615ca9c_fk_identity_ FOREIGN KEY (holder_unit_id) REFERENCES identity_unit(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_importchange_latest_id_5bbeadfa_fk_hotline_i FOREIGN KEY (latest_id) REFERENCES hotline_importbatch(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_importchange_pkey PRIMARY KEY (id)
    constraint hotline_importchange_topic_id_07c5c33a_fk_casework_topic_id FOREIGN KEY (topic_id) REFERENCES casework_topic(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_importchange_unit_id_1b8a4a2a_fk_identity_unit_id FOREIGN KEY (unit_id) REFERENCES identity_unit(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_importchange_urgency_check CHECK ((urgency >= 0))
    constraint import_change_once UNIQUE (batch_id, case_id)
    CREATE INDEX hotline_importchange_case_id_abcec5f1 ON hotline_importchange USING btree (case_id)
    CREATE INDEX hotline_importchange_community_id_31fd77fa ON hotline_importchange USING btree (community_id)
    CREATE INDEX hotline_importchange_latest_id_5bbeadfa ON hotline_importchange USING btree (latest_id)
    CREATE UNIQUE INDEX hotline_importchange_pkey ON hotline_importchange USING btree (id)
    CREATE INDEX hotline_importchange_topic_id_07c5c33a ON hotline_importchange USING btree (topic_id)
    CREATE UNIQUE INDEX import_change_once ON hotline_importchange USING btree (batch_id, case_id)

table hotline_importedcase
    batch_id bigint not null
    case_id bigint not null
    contact_index bytea
    digest bytea not null
    latest_id bigint not null
    original_status character varying(60) not null
    outside boolean not null
    unit_id bigint
    version integer not null
    constraint hotline_importedcase_batch_id_bdd097ce_fk_hotline_i FOREIGN KEY (batch_id) REFERENCES hotline_importbatch(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_importedcase_case_id_1f1154f1_fk_casework_case_id FOREIGN KEY (case_id) REFERENCES casework_case(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_importedcase_latest_id_20644c57_fk_hotline_i FOREIGN KEY (latest_id) REFERENCES hotline_importbatch(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_importedcase_pkey PRIMARY KEY (case_id)
    constraint hotline_importedcase_unit_id_ac36cbe6_fk_identity_unit_id FOREIGN KEY (unit_id) REFERENCES identity_unit(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_importedcase_version_check CHECK ((version >= 0))
    CREATE INDEX hotline_importedcase_batch_id_bdd097ce ON hotline_importedcase USING btree (batch_id)
    CREATE UNIQUE INDEX hotline_importedcase_pkey ON hotline_importedcase USING btree (case_id)

table hotline_importedclock
    breached_at timestamp with time zone
    change_id bigint not null
    clock_id bigint not null
    due_at timestamp with time zone not null
    id bigint not null identity
    next_step_at timestamp with time zone
    step smallint not null
    constraint hotline_importedcloc_change_id_04c71791_fk_hotline_i FOREIGN KEY (change_id) REFERENCES hotline_importchange(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_importedcloc_clock_id_735b775a_fk_casework_ FOREIGN KEY (clock_id) REFERENCES casework_caseclock(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_importedclock_pkey PRIMARY KEY (id)
    constraint hotline_importedclock_step_check CHECK ((step >= 0))
    constraint import_clock_once UNIQUE (change_id, clock_id)
    CREATE INDEX hotline_importedclock_clock_id_735b775a ON hotline_importedclock USING btree (clock_id)
    CREATE UNIQUE INDEX hotline_importedclock_pkey ON hotline_importedclock USING btree (id)
    CREATE UNIQUE INDEX import_clock_once ON hotline_importedclock USING btree (change_id, clock_id)

table hotline_importfault
    batch_id bigint not null
    field character varying(40) not null
    id bigint not null identity
    message character varying(300) not null
    row integer not null
    taken boolean not null default false
    constraint hotline_importfault_batch_id_9637d478_fk_hotline_importbatch_id FOREIGN KEY (batch_id) REFERENCES hotline_importbatch(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_importfault_pkey PRIMARY KEY (id)
    constraint hotline_importfault_row_check CHECK (("row" >= 0))
    CREATE UNIQUE INDEX hotline_importfault_pkey ON hotline_importfault USING btree (id)
    CREATE INDEX import_fault_row ON hotline_importfault USING btree (batch_id, "row")

table hotline_importkept
    batch_id bigint not null
    case_id bigint not null
    id bigint not null identity
    why character varying(63) not null
    constraint hotline_importkept_batch_id_f9845509_fk_hotline_importbatch_id FOREIGN KEY (batch_id) REFERENCES hotline_importbatch(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_importkept_case_id_793e10d3_fk_casework_case_id FOREIGN KEY (case_id) REFERENCES casework_case(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_importkept_pkey PRIMARY KEY (id)
    constraint import_kept_once UNIQUE (batch_id, case_id)
    CREATE INDEX hotline_importkept_case_id_793e10d3 ON hotline_importkept USING btree (case_id)
    CREATE UNIQUE INDEX hotline_importkept_pkey ON hotline_importkept USING btree (id)
    CREATE UNIQUE INDEX import_kept_once ON hotline_importkept USING btree (batch_id, case_id)

table hotline_importrow
    batch_id bigint not null
    channel character varying(20) not null default ''::character varying
    closed_at timestamp with time zone
    confidentiality smallint
    contact_index bytea
    digest bytea not null
    external_number character varying(60) not null
    holder_unit_id bigint
    id bigint not null identity
    kind character varying(40) not null default ''::character varying
    opened_at timestamp with time zone
    row integer not null
    urgency smallint
    verdict character varying(10) not null
    winner integer
    constraint hotline_importrow_batch_id_a9955666_fk_hotline_importbatch_id FOREIGN KEY (batch_id) REFERENCES hotline_importbatch(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_importrow_confidentiality_check CHECK ((confidentiality >= 0))
    constraint hotline_importrow_pkey PRIMARY KEY (id)
    constraint hotline_importrow_row_check CHECK (("row" >= 0))
    constraint hotline_importrow_urgency_check CHECK ((urgency >= 0))
    constraint hotline_importrow_winner_check CHECK ((winner >= 0))
    constraint import_row_once UNIQUE (batch_id, "row")
    CREATE UNIQUE INDEX hotline_importrow_pkey ON hotline_importrow USING btree (id)
    CREATE INDEX import_row_number ON hotline_importrow USING btree (batch_id, external_number)
    CREATE UNIQUE INDEX import_row_once ON hotline_importrow USING btree (batch_id, "row")

table hotline_intakedraft
    form bytea not null
    saved_at timestamp with time zone not null
    user_id bigint not null
    constraint hotline_intakedraft_pkey PRIMARY KEY (user_id)
    constraint hotline_intakedraft_user_id_efcb99eb_fk_identity_user_id FOREIGN KEY (user_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    CREATE UNIQUE INDEX hotline_intakedraft_pkey ON hotline_intakedraft USING btree (user_id)

table hotline_intakeform
    form bytea not null
    saved_at timestamp with time zone not null
    sent bytea
    token character varying(60) not null
    user_id bigint not null
    version integer not null default 1
    constraint hotline_intakeform_pkey PRIMARY KEY (token)
    constraint hotline_intakeform_user_id_fb8a6ac2_fk_identity_user_id FOREIGN KEY (user_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_intakeform_version_check CHECK ((version >= 0))
    CREATE UNIQUE INDEX hotline_intakeform_pkey ON hotline_intakeform USING btree (token)
    CREATE INDEX hotline_intakeform_token_8621da54_like ON hotline_intakeform USING btree (token varchar_pattern_ops)
    CREATE INDEX hotline_intakeform_user_id_fb8a6ac2 ON hotline_intakeform USING btree (user_id)
    CREATE INDEX intake_form_of_user ON hotline_intakeform USING btree (user_id, saved_at DESC)

table hotline_listexport
    case_ids bigint[] not null
    created_at timestamp with time zone not null
    document_id bigint
    finished_at timestamp with time zone
    id bigint not null identity
    language character varying(10) not null
    page character varying(20) not null
    query character varying(600) not null
    state character varying(10) not null
    total integer not null
    user_id bigint not null
    written integer not null
    constraint hotline_listexport_document_id_df7378a2_fk_documents FOREIGN KEY (document_id) REFERENCES documents_document(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_listexport_pkey PRIMARY KEY (id)
    constraint hotline_listexport_total_check CHECK ((total >= 0))
    constraint hotline_listexport_user_id_a34fd22e_fk_identity_user_id FOREIGN KEY (user_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_listexport_written_check CHECK ((written >= 0))
    CREATE INDEX export_of_user ON hotline_listexport USING btree (user_id, id DESC)
    CREATE INDEX hotline_listexport_document_id_df7378a2 ON hotline_listexport USING btree (document_id)
    CREATE UNIQUE INDEX hotline_listexport_pkey ON hotline_listexport USING btree (id)
    CREATE INDEX hotline_listexport_user_id_a34fd22e ON hotline_listexport USING btree (user_id)

table hotline_notice
    banner boolean not null default false
    body_en text not null
    body_zh text not null
    ends_at timestamp with time zone
    id bigint not null identity
    starts_at timestamp with time zone not null
    title_en character varying(120) not null
    title_zh character varying(80) not null
    constraint hotline_notice_pkey PRIMARY KEY (id)
    CREATE UNIQUE INDEX hotline_notice_pkey ON hotline_notice USING btree (id)

table hotline_openservice
    changed_at timestamp with time zone not null
    description_en character varying(300) not null
    description_zh character varying(200) not null
    keywords character varying(200) not null
    looked_at_first boolean not null
    offered boolean not null
    topic_id bigint not null
    constraint hotline_openservice_pkey PRIMARY KEY (topic_id)
    constraint hotline_openservice_topic_id_37470469_fk_casework_topic_id FOREIGN KEY (topic_id) REFERENCES casework_topic(id) DEFERRABLE INITIALLY DEFERRED
    CREATE UNIQUE INDEX hotline_openservice_pkey ON hotline_openservice USING btree (topic_id)

table hotline_programreport
    address_id character varying(24) not null
    case_id bigint not null
    media_url character varying(500) not null
    place character varying(120) not null
    program_id bigint not null
    token character varying(32) not null
    words text not null
    constraint hotline_programreport_case_id_4a42667b_fk_casework_case_id FOREIGN KEY (case_id) REFERENCES casework_case(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_programreport_pkey PRIMARY KEY (case_id)
    constraint hotline_programreport_program_id_e45c6598_fk_identity_user_id FOREIGN KEY (program_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_programreport_token_key UNIQUE (token)
    CREATE UNIQUE INDEX hotline_programreport_pkey ON hotline_programreport USING btree (case_id)
    CREATE INDEX hotline_programreport_program_id_e45c6598 ON hotline_programreport USING btree (program_id)
    CREATE INDEX hotline_programreport_token_ed7358a3_like ON hotline_programreport USING btree (token varchar_pattern_ops)
    CREATE UNIQUE INDEX hotline_programreport_token_key ON hotline_programreport USING btree (token)

table hotline_programupdate
    event_id bigint not null
    media_url character varying(500) not null
    program_id bigint not null
    update_id character varying(60)
    constraint hotline_programupdat_event_id_eb1c05e2_fk_casework_ FOREIGN KEY (event_id) REFERENCES casework_caseevent(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_programupdate_pkey PRIMARY KEY (event_id)
    constraint hotline_programupdate_program_id_9fcea9ee_fk_identity_user_id FOREIGN KEY (program_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    CREATE UNIQUE INDEX hotline_programupdate_pkey ON hotline_programupdate USING btree (event_id)
    CREATE INDEX hotline_programupdate_program_id_9fcea9ee ON hotline_programupdate USING btree (program_id)
    CREATE UNIQUE INDEX program_update_once ON hotline_programupdate USING btree (program_id, update_id) WHERE (NOT (update_id IS NULL))

table hotline_rejectreason
    channel_en character varying(200) not null
    channel_zh character varying(120) not null
    code character varying(30) not null
    id bigint not null identity
    order smallint not null
    reason_en character varying(200) not null
    reason_zh character varying(120) not null
    source character varying(200) not null
    valid daterange not null
    constraint hotline_rejectreason_order_check CHECK (("order" >= 0))
    constraint hotline_rejectreason_pkey PRIMARY KEY (id)
    constraint one_reject_reason_at_a_time EXCLUDE USING gist (code WITH =, valid WITH &&)
    CREATE UNIQUE INDEX hotline_rejectreason_pkey ON hotline_rejectreason USING btree (id)
    CREATE INDEX one_reject_reason_at_a_time ON hotline_rejectreason USING gist (code, valid)

table hotline_reply
    approved boolean
    case_id bigint not null
    id bigint not null identity
    remark character varying(300) not null default ''::character varying
    resolved character varying(10) not null
    reviewed_at timestamp with time zone
    reviewed_by_id bigint
    text text not null
    unit_id bigint not null
    written_at timestamp with time zone not null
    written_by_id bigint not null
    constraint hotline_reply_case_id_219e5de0_fk_casework_case_id FOREIGN KEY (case_id) REFERENCES casework_case(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_reply_pkey PRIMARY KEY (id)
    constraint hotline_reply_reviewed_by_id_969d77f9_fk_identity_user_id FOREIGN KEY (reviewed_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_reply_unit_id_38721270_fk_identity_unit_id FOREIGN KEY (unit_id) REFERENCES identity_unit(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_reply_written_by_id_4e691684_fk_identity_user_id FOREIGN KEY (written_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    CREATE INDEX hotline_reply_case_id_219e5de0 ON hotline_reply USING btree (case_id)
    CREATE UNIQUE INDEX hotline_reply_pkey ON hotline_reply USING btree (id)
    CREATE INDEX hotline_reply_reviewed_by_id_969d77f9 ON hotline_reply USING btree (reviewed_by_id)
    CREATE INDEX hotline_reply_unit_id_38721270 ON hotline_reply USING btree (unit_id)
    CREATE INDEX hotline_reply_written_by_id_4e691684 ON hotline_reply USING btree (written_by_id)
    CREATE UNIQUE INDEX one_reply_under_review ON hotline_reply USING btree (case_id) WHERE (approved IS NULL)

table hotline_replydraft
    case_id bigint not null
    id bigint not null identity
    saved_at timestamp with time zone not null
    text text not null
    user_id bigint not null
    version integer not null default 1
    constraint hotline_replydraft_case_id_d5272ed2_fk_casework_case_id FOREIGN KEY (case_id) REFERENCES casework_case(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_replydraft_pkey PRIMARY KEY (id)
    constraint hotline_replydraft_user_id_ed90d5cf_fk_identity_user_id FOREIGN KEY (user_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_replydraft_version_check CHECK ((version >= 0))
    CREATE INDEX hotline_replydraft_case_id_d5272ed2 ON hotline_replydraft USING btree (case_id)
    CREATE UNIQUE INDEX hotline_replydraft_pkey ON hotline_replydraft USING btree (id)
    CREATE INDEX hotline_replydraft_user_id_ed90d5cf ON hotline_replydraft USING btree (user_id)
    CREATE INDEX reply_draft_of_user ON hotline_replydraft USING btree (case_id, user_id)

table hotline_replyevidence
    case_id bigint not null
    created_at timestamp with time zone not null
    document_id bigint not null
    id bigint not null identity
    public boolean not null
    reply_id bigint
    user_id bigint not null
    constraint hotline_replyevidenc_document_id_153bd705_fk_documents FOREIGN KEY (document_id) REFERENCES documents_document(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_replyevidence_case_id_c95426d8_fk_casework_case_id FOREIGN KEY (case_id) REFERENCES casework_case(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_replyevidence_document_id_key UNIQUE (document_id)
    constraint hotline_replyevidence_pkey PRIMARY KEY (id)
    constraint hotline_replyevidence_reply_id_7825770b_fk_hotline_reply_id FOREIGN KEY (reply_id) REFERENCES hotline_reply(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_replyevidence_user_id_46b9f38a_fk_identity_user_id FOREIGN KEY (user_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    CREATE INDEX evidence_of_draft ON hotline_replyevidence USING btree (case_id, user_id) WHERE (reply_id IS NULL)
    CREATE INDEX hotline_replyevidence_case_id_c95426d8 ON hotline_replyevidence USING btree (case_id)
    CREATE UNIQUE INDEX hotline_replyevidence_document_id_key ON hotline_replyevidence USING btree (document_id)
    CREATE UNIQUE INDEX hotline_replyevidence_pkey ON hotline_replyevidence USING btree (id)
    CREATE INDEX hotline_replyevidence_reply_id_7825770b ON hotline_replyevidence USING btree (reply_id)
    CREATE INDEX hotline_replyevidence_user_id_46b9f38a ON hotline_replyevidence USING btree (user_id)

table hotline_replytemplate
    created_at timestamp with time zone not null
    id bigint not null identity
    name character varying(40) not null
    retired_at timestamp with time zone
    topic_id bigint
    unit_id bigint
    used integer not null
    constraint hotline_replytemplate_pkey PRIMARY KEY (id)
    constraint hotline_replytemplate_topic_id_e2b2fd06_fk_casework_topic_id FOREIGN KEY (topic_id) REFERENCES casework_topic(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_replytemplate_unit_id_6ec20939_fk_identity_unit_id FOREIGN KEY (unit_id) REFERENCES identity_unit(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_replytemplate_used_check CHECK ((used >= 0))
    CREATE UNIQUE INDEX hotline_replytemplate_pkey ON hotline_replytemplate USING btree (id)
    CREATE INDEX hotline_replytemplate_topic_id_e2b2fd06 ON hotline_replytemplate USING btree (topic_id)
    CREATE INDEX hotline_replytemplate_unit_id_6ec20939 ON hotline_replytemplate USING btree (unit_id)
    CREATE UNIQUE INDEX template_name_once ON hotline_replytemplate USING btree (unit_id, name) NULLS NOT DISTINCT WHERE (retired_at IS NULL)

table hotline_replywording
    id bigint not null identity
    template_id bigint not null
    text_en text not null
    text_zh text not null
    valid_from date not null
    written_at timestamp with time zone not null
    written_by_id bigint not null
    constraint hotline_replywording_pkey PRIMARY KEY (id)
    constraint hotline_replywording_template_id_2f45c4ae_fk_hotline_r FOREIGN KEY (template_id) REFERENCES hotline_replytemplate(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_replywording_written_by_id_1bde51f9_fk_identity_user_id FOREIGN KEY (written_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint wording_once_a_day UNIQUE (template_id, valid_from)
    CREATE UNIQUE INDEX hotline_replywording_pkey ON hotline_replywording USING btree (id)
    CREATE INDEX hotline_replywording_template_id_2f45c4ae ON hotline_replywording USING btree (template_id)
    CREATE INDEX hotline_replywording_written_by_id_1bde51f9 ON hotline_replywording USING btree (written_by_id)
    CREATE UNIQUE INDEX wording_once_a_day ON hotline_replywording USING btree (template_id, valid_from)

table hotline_return
    basis character varying(300) not null
    case_id bigint not null
    id bigint not null identity
    proposed_unit_id bigint
    reason character varying(20) not null
    returned_at timestamp with time zone not null
    returned_by_id bigint not null
    unit_id bigint not null
    constraint hotline_return_case_id_f1108abb_fk_casework_case_id FOREIGN KEY (case_id) REFERENCES casework_case(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_return_pkey PRIMARY KEY (id)
    constraint hotline_return_proposed_unit_id_10159d66_fk_identity_unit_id FOREIGN KEY (proposed_unit_id) REFERENCES identity_unit(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_return_returned_by_id_6adfe3be_fk_identity_user_id FOREIGN KEY (returned_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_return_unit_id_fb4f58f8_fk_identity_unit_id FOREIGN KEY (unit_id) REFERENCES identity_unit(id) DEFERRABLE INITIALLY DEFERRED
    CREATE INDEX hotline_return_case_id_f1108abb ON hotline_return USING btree (case_id)
    CREATE UNIQUE INDEX hotline_return_pkey ON hotline_return USING btree (id)
    CREATE INDEX hotline_return_proposed_unit_id_10159d66 ON hotline_return USING btree (proposed_unit_id)
    CREATE INDEX hotline_return_returned_by_id_6adfe3be ON hotline_return USING btree (returned_by_id)
    CREATE INDEX hotline_return_unit_id_fb4f58f8 ON hotline_return USING btree (unit_id)

table hotline_savedfilter
    created_at timestamp with time zone not null
    id bigint not null identity
    name character varying(30) not null
    opens boolean not null
    page character varying(20) not null
    query character varying(600) not null
    unit_id bigint
    user_id bigint not null
    constraint filter_name_once UNIQUE (user_id, page, name)
    constraint hotline_savedfilter_pkey PRIMARY KEY (id)
    constraint hotline_savedfilter_unit_id_f3a2be61_fk_identity_unit_id FOREIGN KEY (unit_id) REFERENCES identity_unit(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_savedfilter_user_id_aa3a8222_fk_identity_user_id FOREIGN KEY (user_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    CREATE INDEX filter_lent ON hotline_savedfilter USING btree (unit_id, page) WHERE (unit_id IS NOT NULL)
    CREATE UNIQUE INDEX filter_name_once ON hotline_savedfilter USING btree (user_id, page, name)
    CREATE UNIQUE INDEX filter_opens_once ON hotline_savedfilter USING btree (user_id, page) WHERE opens
    CREATE UNIQUE INDEX hotline_savedfilter_pkey ON hotline_savedfilter USING btree (id)
    CREATE INDEX hotline_savedfilter_unit_id_f3a2be61 ON hotline_savedfilter USING btree (unit_id)
    CREATE INDEX hotline_savedfilter_user_id_aa3a8222 ON hotline_savedfilter USING btree (user_id)

table hotline_sending
    act character varying(20) not null
    answer bytea
    case_id bigint not null
    key bytea not null
    sent_at timestamp with time zone not null
    words bytea
    constraint hotline_sending_case_id_d83885d8_fk_casework_case_id FOREIGN KEY (case_id) REFERENCES casework_case(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_sending_pkey PRIMARY KEY (key)
    CREATE INDEX hotline_sending_case_id_d83885d8 ON hotline_sending USING btree (case_id)
    CREATE UNIQUE INDEX hotline_sending_pkey ON hotline_sending USING btree (key)
    CREATE INDEX hotline_sending_sent_at_471d7e97 ON hotline_sending USING btree (sent_at)

table hotline_serviceattribute
    ask_en character varying(300) not null
    ask_zh character varying(200) not null
    changed_at timestamp with time zone not null default statement_timestamp()
    code character varying(40) not null
    datatype character varying(20) not null
    hint_en character varying(300) not null
    hint_zh character varying(200) not null
    id bigint not null identity
    options text not null
    order smallint not null
    required boolean not null
    topic_id bigint not null
    valid daterange not null
    variable boolean not null
    constraint hotline_serviceattribute_order_check CHECK (("order" >= 0))
    constraint hotline_serviceattribute_pkey PRIMARY KEY (id)
    constraint hotline_serviceattribute_topic_id_03f867ae_fk_casework_topic_id FOREIGN KEY (topic_id) REFERENCES casework_topic(id) DEFERRABLE INITIALLY DEFERRED
    constraint one_attribute_of_a_code_at_a_time EXCLUDE USING gist (topic_id WITH =, code WITH =, valid WITH &&)
    CREATE UNIQUE INDEX hotline_serviceattribute_pkey ON hotline_serviceattribute USING btree (id)
    CREATE INDEX hotline_serviceattribute_topic_id_03f867ae ON hotline_serviceattribute USING btree (topic_id)
    CREATE INDEX one_attribute_of_a_code_at_a_time ON hotline_serviceattribute USING gist (topic_id, code, valid)

table hotline_servicehours
    closes time without time zone not null
    id bigint not null identity
    opens time without time zone not null
    valid daterange not null
    weekdays smallint[] not null
    words_en character varying(120) not null
    words_zh character varying(80) not null
    constraint hotline_servicehours_pkey PRIMARY KEY (id)
    CREATE UNIQUE INDEX hotline_servicehours_pkey ON hotline_servicehours USING btree (id)

table hotline_servicerequest
    address character varying(120) not null
    answer_source character varying(200) not null default ''::character varying
    case_id bigint not null
    description text not null
    dispatch_reason character varying(300) not null
    emergency character varying(3) not null
    extensions smallint not null default 0
    external_number character varying(60)
    last_urged_at timestamp with time zone
    lat double precision
    lon double precision
    outcome character varying(10) not null default ''::character varying
    public_title character varying(80) not null default ''::character varying
    redos smallint not null default 0
    reject_reason_id bigint
    replied_at timestamp with time zone
    reply text not null default ''::text
    resolved character varying(10) not null default ''::character varying
    returns smallint not null default 0
    rule_id bigint
    satisfaction smallint
    source_program character varying(60) not null default ''::character varying
    waits smallint not null default 0
    wants_reply boolean not null
    constraint hotline_servicereque_reject_reason_id_92272cbf_fk_hotline_r FOREIGN KEY (reject_reason_id) REFERENCES hotline_rejectreason(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_servicereque_rule_id_3b9be993_fk_hotline_d FOREIGN KEY (rule_id) REFERENCES hotline_dispatchrule(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_servicerequest_case_id_02fbc079_fk_casework_case_id FOREIGN KEY (case_id) REFERENCES casework_case(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_servicerequest_extensions_check CHECK ((extensions >= 0))
    constraint hotline_servicerequest_pkey PRIMARY KEY (case_id)
    constraint hotline_servicerequest_redos_check CHECK ((redos >= 0))
    constraint hotline_servicerequest_returns_check CHECK ((returns >= 0))
    constraint hotline_servicerequest_satisfaction_check CHECK ((satisfaction >= 0))
    constraint hotline_servicerequest_waits_check CHECK ((waits >= 0))
    constraint place_is_a_pair CHECK ((((lat IS NULL) AND (lon IS NULL)) OR ((lat IS NOT NULL) AND (lon IS NOT NULL))))
    constraint satisfaction_1_to_5 CHECK (((satisfaction IS NULL) OR ((satisfaction >= 1) AND (satisfaction <= 5))))
    CREATE UNIQUE INDEX external_number_once ON hotline_servicerequest USING btree (source_program, external_number) WHERE (NOT (external_number IS NULL))
    CREATE UNIQUE INDEX hotline_servicerequest_pkey ON hotline_servicerequest USING btree (case_id)
    CREATE INDEX hotline_servicerequest_reject_reason_id_92272cbf ON hotline_servicerequest USING btree (reject_reason_id)
    CREATE INDEX hotline_servicerequest_rule_id_3b9be993 ON hotline_servicerequest USING btree (rule_id)

table hotline_topicheir
    into_id bigint not null
    merged_at timestamp with time zone not null
    merged_by_id bigint
    topic_id bigint not null
    constraint heir_is_another_topic CHECK ((NOT (topic_id = into_id)))
    constraint hotline_topicheir_into_id_93619e67_fk_casework_topic_id FOREIGN KEY (into_id) REFERENCES casework_topic(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_topicheir_merged_by_id_e027e437_fk_identity_user_id FOREIGN KEY (merged_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_topicheir_pkey PRIMARY KEY (topic_id)
    constraint hotline_topicheir_topic_id_ab4fd2a3_fk_casework_topic_id FOREIGN KEY (topic_id) REFERENCES casework_topic(id) DEFERRABLE INITIALLY DEFERRED
    CREATE INDEX hotline_topicheir_into_id_93619e67 ON hotline_topicheir USING btree (into_id)
    CREATE INDEX hotline_topicheir_merged_by_id_e027e437 ON hotline_topicheir USING btree (merged_by_id)
    CREATE UNIQUE INDEX hotline_topicheir_pkey ON hotline_topicheir USING btree (topic_id)

table hotline_trialreport
    address character varying(120) not null
    address_id character varying(24) not null
    external_id character varying(60)
    id bigint not null identity
    lat double precision
    lon double precision
    media_url character varying(500) not null
    number character varying(20) not null
    program_id bigint not null
    sent_at timestamp with time zone not null
    token character varying(32) not null
    topic_id bigint not null
    words text not null
    constraint hotline_trialreport_number_key UNIQUE (number)
    constraint hotline_trialreport_pkey PRIMARY KEY (id)
    constraint hotline_trialreport_program_id_16d6873a_fk_identity_user_id FOREIGN KEY (program_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint hotline_trialreport_token_key UNIQUE (token)
    constraint hotline_trialreport_topic_id_2e58fcc4_fk_casework_topic_id FOREIGN KEY (topic_id) REFERENCES casework_topic(id) DEFERRABLE INITIALLY DEFERRED
    CREATE INDEX hotline_trialreport_number_69ee4f70_like ON hotline_trialreport USING btree (number varchar_pattern_ops)
    CREATE UNIQUE INDEX hotline_trialreport_number_key ON hotline_trialreport USING btree (number)
    CREATE UNIQUE INDEX hotline_trialreport_pkey ON hotline_trialreport USING btree (id)
    CREATE INDEX hotline_trialreport_program_id_16d6873a ON hotline_trialreport USING btree (program_id)
    CREATE INDEX hotline_trialreport_sent_at_e3bd4b63 ON hotline_trialreport USING btree (sent_at)
    CREATE INDEX hotline_trialreport_token_bffc2438_like ON hotline_trialreport USING btree (token varchar_pattern_ops)
    CREATE UNIQUE INDEX hotline_trialreport_token_key ON hotline_trialreport USING btree (token)
    CREATE INDEX hotline_trialreport_topic_id_2e58fcc4 ON hotline_trialreport USING btree (topic_id)
    CREATE UNIQUE INDEX trial_report_once ON hotline_trialreport USING btree (program_id, external_id) WHERE (NOT (external_id IS NULL))

table httpapi_answer
    body_digest bytea not null
    content bytea not null
    content_type character varying(100) not null
    created_at timestamp with time zone not null
    key bytea not null
    location character varying(300) not null
    status smallint not null
    constraint httpapi_answer_pkey PRIMARY KEY (key)
    constraint httpapi_answer_status_check CHECK ((status >= 0))
    CREATE INDEX httpapi_answer_created_at_1ba2aafc ON httpapi_answer USING btree (created_at)
    CREATE UNIQUE INDEX httpapi_answer_pkey ON httpapi_answer USING btree (key)

table httpapi_delivery
    body text not null
    case_id bigint not null
    created_at timestamp with time zone not null
    error character varying(200) not null
    event_id bigint not null
    happened_at timestamp with time zone not null
    id bigint not null identity
    move character varying(30) not null
    next_try_at timestamp with time zone not null
    number character varying(20) not null
    state character varying(10) not null
    status smallint
    subscription_id bigint not null
    tried_at timestamp with time zone
    tries smallint not null
    constraint delivery_once UNIQUE (subscription_id, event_id)
    constraint httpapi_delivery_pkey PRIMARY KEY (id)
    constraint httpapi_delivery_status_check CHECK ((status >= 0))
    constraint httpapi_delivery_subscription_id_ed73addd_fk_httpapi_s FOREIGN KEY (subscription_id) REFERENCES httpapi_subscription(id) DEFERRABLE INITIALLY DEFERRED
    constraint httpapi_delivery_tries_check CHECK ((tries >= 0))
    CREATE INDEX delivery_age ON httpapi_delivery USING btree (created_at)
    CREATE INDEX delivery_log ON httpapi_delivery USING btree (subscription_id, state, id DESC)
    CREATE UNIQUE INDEX delivery_once ON httpapi_delivery USING btree (subscription_id, event_id)
    CREATE INDEX delivery_order ON httpapi_delivery USING btree (subscription_id, case_id, event_id) WHERE ((state)::text = 'waiting'::text)
    CREATE INDEX delivery_waiting ON httpapi_delivery USING btree (subscription_id, event_id) WHERE ((state)::text = 'waiting'::text)
    CREATE UNIQUE INDEX httpapi_delivery_pkey ON httpapi_delivery USING btree (id)
    CREATE INDEX httpapi_delivery_subscription_id_ed73addd ON httpapi_delivery USING btree (subscription_id)

table httpapi_keyuse
    key_id bigint not null
    used_at timestamp with time zone not null
    constraint httpapi_keyuse_key_id_b89c1a27_fk_identity_apikey_id FOREIGN KEY (key_id) REFERENCES identity_apikey(id) DEFERRABLE INITIALLY DEFERRED
    constraint httpapi_keyuse_pkey PRIMARY KEY (key_id)
    CREATE UNIQUE INDEX httpapi_keyuse_pkey ON httpapi_keyuse USING btree (key_id)

table httpapi_limit
    bucket character varying(30) not null
    full_at timestamp with time zone not null
    key bytea not null
    constraint httpapi_limit_pkey PRIMARY KEY (bucket, key)
    CREATE UNIQUE INDEX httpapi_limit_pkey ON httpapi_limit USING btree (bucket, key)

table httpapi_seensignature
    digest bytea not null
    seen_at timestamp with time zone not null
    constraint httpapi_seensignature_pkey PRIMARY KEY (digest)
    CREATE UNIQUE INDEX httpapi_seensignature_pkey ON httpapi_seensignature USING btree (digest)
    CREATE INDEX httpapi_seensignature_seen_at_ecfc881a ON httpapi_seensignature USING btree (seen_at)

table httpapi_subscription
    active boolean not null
    created_at timestamp with time zone not null
    created_by_id bigint
    failing_since timestamp with time zone
    failures integer not null
    id bigint not null identity
    key_id bigint not null
    kinds character varying(40)[] not null
    lease uuid
    leased_until timestamp with time zone
    moves character varying(30)[] not null
    name character varying(60) not null
    old_secret bytea
    old_until timestamp with time zone
    position bigint not null
    quiet_until timestamp with time zone
    secret bytea not null
    since timestamp with time zone not null
    stopped character varying(10) not null
    url character varying(500) not null
    constraint httpapi_subscription_created_by_id_08992e9f_fk_identity_user_id FOREIGN KEY (created_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint httpapi_subscription_failures_check CHECK ((failures >= 0))
    constraint httpapi_subscription_key_id_f5f1d273_fk_identity_apikey_id FOREIGN KEY (key_id) REFERENCES identity_apikey(id) DEFERRABLE INITIALLY DEFERRED
    constraint httpapi_subscription_pkey PRIMARY KEY (id)
    CREATE INDEX httpapi_subscription_created_by_id_08992e9f ON httpapi_subscription USING btree (created_by_id)
    CREATE INDEX httpapi_subscription_key_id_f5f1d273 ON httpapi_subscription USING btree (key_id)
    CREATE UNIQUE INDEX httpapi_subscription_pkey ON httpapi_subscription USING btree (id)

table identity_apikey
    active boolean not null
    created_at timestamp with time zone not null
    expires_at timestamp with time zone
    hash bytea not null
    id bigint not null identity
    name character varying(60) not null
    per_minute integer not null
    prefix character varying(12) not null
    rights character varying(60)[] not null
    unit_id bigint
    user_id bigint not null
    constraint identity_apikey_hash_key UNIQUE (hash)
    constraint identity_apikey_per_minute_check CHECK ((per_minute >= 0))
    constraint identity_apikey_pkey PRIMARY KEY (id)
    constraint identity_apikey_unit_id_cf94a06d_fk_identity_unit_id FOREIGN KEY (unit_id) REFERENCES identity_unit(id) DEFERRABLE INITIALLY DEFERRED
    constraint identity_apikey_user_id_e18c52d2_fk_identity_user_id FOREIGN KEY (user_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    CREATE UNIQUE INDEX identity_apikey_hash_key ON identity_apikey USING btree (hash)
    CREATE UNIQUE INDEX identity_apikey_pkey ON identity_apikey USING btree (id)
    CREATE INDEX identity_apikey_unit_id_cf94a06d ON identity_apikey USING btree (unit_id)
    CREATE INDEX identity_apikey_user_id_e18c52d2 ON identity_apikey USING btree (user_id)

table identity_assignment
    ends timestamp with time zone
    id bigint not null identity
    role_id bigint not null
    starts timestamp with time zone not null
    unit_id bigint not null
    user_id bigint not null
    constraint assignment_ends_after_start CHECK (((ends IS NULL) OR (ends > starts)))
    constraint assignment_no_overlap EXCLUDE USING gist (user_id WITH =, unit_id WITH =, role_id WITH =, tstzrange(starts, ends, '[)'::text) WITH &&)
    constraint identity_assignment_pkey PRIMARY KEY (id)
    constraint identity_assignment_role_id_f98830da_fk_identity_role_id FOREIGN KEY (role_id) REFERENCES identity_role(id) DEFERRABLE INITIALLY DEFERRED
    constraint identity_assignment_unit_id_a4072df3_fk_identity_unit_id FOREIGN KEY (unit_id) REFERENCES identity_unit(id) DEFERRABLE INITIALLY DEFERRED
    constraint identity_assignment_user_id_632747d2_fk_identity_user_id FOREIGN KEY (user_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    CREATE INDEX assignment_no_overlap ON identity_assignment USING gist (user_id, unit_id, role_id, tstzrange(starts, ends, '[)'::text))
    CREATE UNIQUE INDEX identity_assignment_pkey ON identity_assignment USING btree (id)
    CREATE INDEX identity_assignment_role_id_f98830da ON identity_assignment USING btree (role_id)
    CREATE INDEX identity_assignment_unit_id_a4072df3 ON identity_assignment USING btree (unit_id)
    CREATE INDEX identity_assignment_user_id_632747d2 ON identity_assignment USING btree (user_id)

table identity_deputy
    absent_id bigint not null
    deputy_id bigint not null
    ends timestamp with time zone not null
    id bigint not null identity
    starts timestamp with time zone not null
    constraint deputy_ends_after_start CHECK ((ends > starts))
    constraint deputy_is_another CHECK ((NOT (absent_id = deputy_id)))
    constraint deputy_no_overlap EXCLUDE USING gist (absent_id WITH =, deputy_id WITH =, tstzrange(starts, ends, '[)'::text) WITH &&)
    constraint identity_deputy_absent_id_e524acd7_fk_identity_user_id FOREIGN KEY (absent_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint identity_deputy_deputy_id_b3125455_fk_identity_user_id FOREIGN KEY (deputy_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint identity_deputy_pkey PRIMARY KEY (id)
    CREATE INDEX deputy_no_overlap ON identity_deputy USING gist (absent_id, deputy_id, tstzrange(starts, ends, '[)'::text))
    CREATE INDEX identity_deputy_absent_id_e524acd7 ON identity_deputy USING btree (absent_id)
    CREATE INDEX identity_deputy_deputy_id_b3125455 ON identity_deputy USING btree (deputy_id)
    CREATE UNIQUE INDEX identity_deputy_pkey ON identity_deputy USING btree (id)

table identity_installation
    demonstration_files_gone_at timestamp with time zone
    demonstration_left_at timestamp with time zone
    id bigint not null identity
    set_up_at timestamp with time zone
    constraint identity_installation_pkey PRIMARY KEY (id)
    CREATE UNIQUE INDEX identity_installation_pkey ON identity_installation USING btree (id)

table identity_knownright
    id bigint not null identity
    right character varying(60) not null
    constraint identity_knownright_pkey PRIMARY KEY (id)
    constraint identity_knownright_right_key UNIQUE ("right")
    CREATE UNIQUE INDEX identity_knownright_pkey ON identity_knownright USING btree (id)
    CREATE INDEX identity_knownright_right_8686f6b7_like ON identity_knownright USING btree ("right" varchar_pattern_ops)
    CREATE UNIQUE INDEX identity_knownright_right_key ON identity_knownright USING btree ("right")

table identity_referenceversion
    id bigint not null identity
    version uuid not null
    constraint identity_referenceversion_pkey PRIMARY KEY (id)
    CREATE UNIQUE INDEX identity_referenceversion_pkey ON identity_referenceversion USING btree (id)

table identity_role
    code character varying(30) not null
    id bigint not null identity
    name_en character varying(40) not null
    name_zh character varying(20) not null
    order smallint not null
    second_factor boolean not null
    constraint identity_role_code_key UNIQUE (code)
    constraint identity_role_order_check CHECK (("order" >= 0))
    constraint identity_role_pkey PRIMARY KEY (id)
    CREATE INDEX identity_role_code_1eaaee01_like ON identity_role USING btree (code varchar_pattern_ops)
    CREATE UNIQUE INDEX identity_role_code_key ON identity_role USING btree (code)
    CREATE UNIQUE INDEX identity_role_pkey ON identity_role USING btree (id)

table identity_roleright
    id bigint not null identity
    right character varying(60) not null
    role_id bigint not null
    constraint identity_roleright_pkey PRIMARY KEY (id)
    constraint identity_roleright_role_id_0387673c_fk_identity_role_id FOREIGN KEY (role_id) REFERENCES identity_role(id) DEFERRABLE INITIALLY DEFERRED
    constraint roleright_once UNIQUE (role_id, "right")
    CREATE UNIQUE INDEX identity_roleright_pkey ON identity_roleright USING btree (id)
    CREATE INDEX identity_roleright_role_id_0387673c ON identity_roleright USING btree (role_id)
    CREATE UNIQUE INDEX roleright_once ON identity_roleright USING btree (role_id, "right")

table identity_session
    agent character varying(200) not null
    created timestamp with time zone not null
    expire_date timestamp with time zone not null
    ip inet
    seen timestamp with time zone not null
    session_data text not null
    session_key character varying(40) not null
    user_id bigint
    constraint identity_session_pkey PRIMARY KEY (session_key)
    constraint identity_session_user_id_b9dc93c0_fk_identity_user_id FOREIGN KEY (user_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    CREATE INDEX identity_session_expire_date_b5996a10 ON identity_session USING btree (expire_date)
    CREATE UNIQUE INDEX identity_session_pkey ON identity_session USING btree (session_key)
    CREATE INDEX identity_session_session_key_767bc70f_like ON identity_session USING btree (session_key varchar_pattern_ops)
    CREATE INDEX identity_session_user_id_b9dc93c0 ON identity_session USING btree (user_id)

table identity_setuplink
    created_at timestamp with time zone not null
    digest bytea not null
    expires_at timestamp with time zone not null
    id bigint not null identity
    used_at timestamp with time zone
    constraint identity_setuplink_digest_key UNIQUE (digest)
    constraint identity_setuplink_pkey PRIMARY KEY (id)
    CREATE UNIQUE INDEX identity_setuplink_digest_key ON identity_setuplink USING btree (digest)
    CREATE UNIQUE INDEX identity_setuplink_pkey ON identity_setuplink USING btree (id)

table identity_setupstep
    code character varying(30) not null
    done_at timestamp with time zone not null
    id bigint not null identity
    user_id bigint
    constraint identity_setupstep_code_key UNIQUE (code)
    constraint identity_setupstep_pkey PRIMARY KEY (id)
    constraint identity_setupstep_user_id_463dd734_fk_identity_user_id FOREIGN KEY (user_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    CREATE INDEX identity_setupstep_code_3b4e8858_like ON identity_setupstep USING btree (code varchar_pattern_ops)
    CREATE UNIQUE INDEX identity_setupstep_code_key ON identity_setupstep USING btree (code)
    CREATE UNIQUE INDEX identity_setupstep_pkey ON identity_setupstep USING btree (id)
    CREATE INDEX identity_setupstep_user_id_463dd734 ON identity_setupstep USING btree (user_id)

table identity_signincode
    created_at timestamp with time zone not null
    digest bytea not null
    expires_at timestamp with time zone not null
    id bigint not null identity
    phone_index bytea not null
    tries smallint not null
    used_at timestamp with time zone
    constraint identity_signincode_pkey PRIMARY KEY (id)
    constraint identity_signincode_tries_check CHECK ((tries >= 0))
    CREATE UNIQUE INDEX identity_signincode_pkey ON identity_signincode USING btree (id)
    CREATE INDEX signincode_phone ON identity_signincode USING btree (phone_index, id DESC)

table identity_unit
    active boolean not null
    backstop boolean not null
    closed_at timestamp with time zone
    code character varying(40) not null
    id bigint not null identity
    kind character varying(20) not null
    name_en character varying(120) not null
    name_zh character varying(60) not null
    order smallint not null
    parent_id bigint
    pinyin character varying(300) not null
    short_en character varying(60) not null
    short_zh character varying(20) not null
    subdistrict_id bigint
    successor_id bigint
    constraint identity_unit_code_key UNIQUE (code)
    constraint identity_unit_order_check CHECK (("order" >= 0))
    constraint identity_unit_parent_id_4fe799bb_fk_identity_unit_id FOREIGN KEY (parent_id) REFERENCES identity_unit(id) DEFERRABLE INITIALLY DEFERRED
    constraint identity_unit_pkey PRIMARY KEY (id)
    constraint identity_unit_subdistrict_id_2cd013b5_fk_places_subdistrict_id FOREIGN KEY (subdistrict_id) REFERENCES places_subdistrict(id) DEFERRABLE INITIALLY DEFERRED
    constraint identity_unit_successor_id_f6628650_fk_identity_unit_id FOREIGN KEY (successor_id) REFERENCES identity_unit(id) DEFERRABLE INITIALLY DEFERRED
    CREATE INDEX identity_unit_code_fd7eda9e_like ON identity_unit USING btree (code varchar_pattern_ops)
    CREATE UNIQUE INDEX identity_unit_code_key ON identity_unit USING btree (code)
    CREATE INDEX identity_unit_parent_id_4fe799bb ON identity_unit USING btree (parent_id)
    CREATE UNIQUE INDEX identity_unit_pkey ON identity_unit USING btree (id)
    CREATE INDEX identity_unit_subdistrict_id_2cd013b5 ON identity_unit USING btree (subdistrict_id)
    CREATE INDEX identity_unit_successor_id_f6628650 ON identity_unit USING btree (successor_id)
    CREATE UNIQUE INDEX unit_one_backstop ON identity_unit USING btree (backstop) WHERE backstop

table identity_unitname
    id bigint not null identity
    name_en character varying(120) not null
    name_zh character varying(60) not null
    short_en character varying(60) not null
    short_zh character varying(20) not null
    unit_id bigint not null
    until timestamp with time zone not null
    constraint identity_unitname_pkey PRIMARY KEY (id)
    constraint identity_unitname_unit_id_e059097c_fk_identity_unit_id FOREIGN KEY (unit_id) REFERENCES identity_unit(id) DEFERRABLE INITIALLY DEFERRED
    CREATE UNIQUE INDEX identity_unitname_pkey ON identity_unitname USING btree (id)
    CREATE INDEX identity_unitname_unit_id_e059097c ON identity_unitname USING btree (unit_id)
    CREATE INDEX unitname_unit ON identity_unitname USING btree (unit_id, until DESC)

table identity_user
    contrast character varying(10) not null
    created_at timestamp with time zone not null
    email character varying(120)
    id bigint not null identity
    is_active boolean not null
    kind character varying(10) not null
    language character varying(10) not null
    mode character varying(10) not null
    name character varying(40) not null
    name_en character varying(60) not null
    password character varying(128) not null
    person_id bigint
    phone bytea
    phone_index bytea
    pinyin character varying(200) not null default ''::character varying
    signed_in_at timestamp with time zone
    single_keys boolean not null
    text_step smallint not null
    username character varying(64) not null
    constraint identity_user_email_key UNIQUE (email)
    constraint identity_user_person_id_key UNIQUE (person_id)
    constraint identity_user_pkey PRIMARY KEY (id)
    constraint identity_user_text_step_check CHECK ((text_step >= 0))
    constraint identity_user_username_key UNIQUE (username)
    constraint user_text_step CHECK (((text_step >= 1) AND (text_step <= 3)))
    CREATE INDEX identity_user_email_65af1202_like ON identity_user USING btree (email varchar_pattern_ops)
    CREATE UNIQUE INDEX identity_user_email_key ON identity_user USING btree (email)
    CREATE UNIQUE INDEX identity_user_person_id_key ON identity_user USING btree (person_id)
    CREATE UNIQUE INDEX identity_user_pkey ON identity_user USING btree (id)
    CREATE INDEX identity_user_username_e9275a70_like ON identity_user USING btree (username varchar_pattern_ops)
    CREATE UNIQUE INDEX identity_user_username_key ON identity_user USING btree (username)
    CREATE INDEX user_kind_name ON identity_user USING btree (kind, username)
    CREATE UNIQUE INDEX user_resident_phone ON identity_user USING btree (phone_index) WHERE ((kind)::text = 'resident'::text)

table identity_wipedtable
    after bigint not null
    before bigint not null
    id bigint not null identity
    kept boolean not null
    name character varying(80) not null
    constraint identity_wipedtable_name_key UNIQUE (name)
    constraint identity_wipedtable_pkey PRIMARY KEY (id)
    CREATE INDEX identity_wipedtable_name_b4d1b711_like ON identity_wipedtable USING btree (name varchar_pattern_ops)
    CREATE UNIQUE INDEX identity_wipedtable_name_key ON identity_wipedtable USING btree (name)
    CREATE UNIQUE INDEX identity_wipedtable_pkey ON identity_wipedtable USING btree (id)

table notify_message
    body text not null
    channel character varying(10) not null
    claimed_until timestamp with time zone
    created_at timestamp with time zone not null
    dedupe character varying(200) not null
    detail character varying(200) not null
    due_at timestamp with time zone not null
    id bigint not null identity
    language character varying(10) not null
    link character varying(300) not null
    read_at timestamp with time zone
    reason character varying(20) not null
    recipient_contact_id bigint
    recipient_phone bytea
    recipient_user_id bigint
    reference character varying(100) not null
    sent_at timestamp with time zone
    settled_at timestamp with time zone
    settled_by_id bigint
    settled_why character varying(200) not null default ''::character varying
    state character varying(10) not null
    subject character varying(200) not null
    template character varying(80) not null
    tries smallint not null
    urgency character varying(10) not null
    variables jsonb not null
    constraint message_has_one_recipient CHECK ((((recipient_contact_id IS NULL) AND (recipient_phone IS NULL) AND (recipient_user_id IS NOT NULL)) OR ((recipient_contact_id IS NOT NULL) AND (recipient_phone IS NULL) AND (recipient_user_id IS NULL)) OR ((recipient_contact_id IS NULL) AND (recipient_phone IS NOT NULL) AND (recipient_user_id IS NULL))))
    constraint notify_message_dedupe_key UNIQUE (dedupe)
    constraint notify_message_pkey PRIMARY KEY (id)
    constraint notify_message_recipient_contact_id_dcaa93c1_fk_parties_c FOREIGN KEY (recipient_contact_id) REFERENCES parties_contact(id) DEFERRABLE INITIALLY DEFERRED
    constraint notify_message_recipient_user_id_0991d464_fk_identity_user_id FOREIGN KEY (recipient_user_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint notify_message_settled_by_id_9297ca05_fk_identity_user_id FOREIGN KEY (settled_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint notify_message_tries_check CHECK ((tries >= 0))
    CREATE INDEX message_contact ON notify_message USING btree (recipient_contact_id, id DESC) WHERE (recipient_contact_id IS NOT NULL)
    CREATE INDEX message_due ON notify_message USING btree (due_at) WHERE ((state)::text = ANY ((ARRAY['queued'::character varying, 'held'::character varying])::text[]))
    CREATE INDEX message_inbox ON notify_message USING btree (recipient_user_id, id DESC) WHERE ((channel)::text = 'site'::text)
    CREATE INDEX message_lost ON notify_message USING btree (id DESC) WHERE ((state)::text = ANY ((ARRAY['failed'::character varying, 'bounced'::character varying])::text[]))
    CREATE INDEX message_reference ON notify_message USING btree (reference) WHERE (NOT ((reference)::text = ''::text))
    CREATE INDEX message_unread ON notify_message USING btree (recipient_user_id) WHERE (((channel)::text = 'site'::text) AND (read_at IS NULL))
    CREATE INDEX notify_message_dedupe_b366841e_like ON notify_message USING btree (dedupe varchar_pattern_ops)
    CREATE UNIQUE INDEX notify_message_dedupe_key ON notify_message USING btree (dedupe)
    CREATE UNIQUE INDEX notify_message_pkey ON notify_message USING btree (id)
    CREATE INDEX notify_message_recipient_contact_id_dcaa93c1 ON notify_message USING btree (recipient_contact_id)
    CREATE INDEX notify_message_recipient_user_id_0991d464 ON notify_message USING btree (recipient_user_id)
    CREATE INDEX notify_message_settled_by_id_9297ca05 ON notify_message USING btree (settled_by_id)

table notify_noticepreference
    channel character varying(10) not null
    id bigint not null identity
    kind character varying(80) not null
    on boolean not null
    user_id bigint not null
    constraint notify_noticepreference_pkey PRIMARY KEY (id)
    constraint notify_noticepreference_user_id_25418fee_fk_identity_user_id FOREIGN KEY (user_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint preference_once UNIQUE (user_id, kind, channel)
    CREATE UNIQUE INDEX notify_noticepreference_pkey ON notify_noticepreference USING btree (id)
    CREATE INDEX notify_noticepreference_user_id_25418fee ON notify_noticepreference USING btree (user_id)
    CREATE UNIQUE INDEX preference_once ON notify_noticepreference USING btree (user_id, kind, channel)

table notify_noticewording
    body text not null
    changed_at timestamp with time zone not null
    changed_by_id bigint
    channel character varying(10) not null
    id bigint not null identity
    language character varying(10) not null
    subject character varying(200) not null
    template character varying(80) not null
    valid daterange not null
    constraint notify_noticewording_changed_by_id_866866a3_fk_identity_user_id FOREIGN KEY (changed_by_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint notify_noticewording_pkey PRIMARY KEY (id)
    constraint one_wording_at_a_time EXCLUDE USING gist (template WITH =, channel WITH =, language WITH =, valid WITH &&)
    CREATE INDEX notify_noticewording_changed_by_id_866866a3 ON notify_noticewording USING btree (changed_by_id)
    CREATE UNIQUE INDEX notify_noticewording_pkey ON notify_noticewording USING btree (id)
    CREATE INDEX one_wording_at_a_time ON notify_noticewording USING gist (template, channel, language, valid)

table notify_quiethours
    ends time without time zone not null
    starts time without time zone not null
    user_id bigint not null
    constraint notify_quiethours_pkey PRIMARY KEY (user_id)
    constraint notify_quiethours_user_id_b271e81c_fk_identity_user_id FOREIGN KEY (user_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint quiet_hours_have_a_span CHECK ((NOT (starts = ends)))
    CREATE UNIQUE INDEX notify_quiethours_pkey ON notify_quiethours USING btree (user_id)

table notify_sendingallowance
    began timestamp with time zone not null
    id bigint not null identity
    lane character varying(20) not null
    refused_at timestamp with time zone
    share smallint not null
    span character varying(4) not null
    taken integer not null
    constraint notify_sendingallowance_pkey PRIMARY KEY (id)
    constraint notify_sendingallowance_share_check CHECK ((share >= 0))
    constraint notify_sendingallowance_taken_check CHECK ((taken >= 0))
    constraint sending_allowance_once UNIQUE (lane, span, share)
    CREATE UNIQUE INDEX notify_sendingallowance_pkey ON notify_sendingallowance USING btree (id)
    CREATE UNIQUE INDEX sending_allowance_once ON notify_sendingallowance USING btree (lane, span, share)

table parties_consent
    channel character varying(20) not null
    contact_id bigint
    given_at timestamp with time zone not null
    id bigint not null identity
    person_id bigint
    purpose character varying(60) not null
    withdrawn_at timestamp with time zone
    wording character varying(60) not null
    constraint consent_has_one_giver CHECK ((((contact_id IS NOT NULL) AND (person_id IS NULL)) OR ((contact_id IS NULL) AND (person_id IS NOT NULL))))
    constraint parties_consent_contact_id_a4759d69_fk_parties_contact_id FOREIGN KEY (contact_id) REFERENCES parties_contact(id) DEFERRABLE INITIALLY DEFERRED
    constraint parties_consent_person_id_11ff4eab_fk_parties_person_id FOREIGN KEY (person_id) REFERENCES parties_person(id) DEFERRABLE INITIALLY DEFERRED
    constraint parties_consent_pkey PRIMARY KEY (id)
    CREATE UNIQUE INDEX contact_consents_once ON parties_consent USING btree (contact_id, purpose) WHERE ((contact_id IS NOT NULL) AND (withdrawn_at IS NULL))
    CREATE INDEX parties_consent_contact_id_a4759d69 ON parties_consent USING btree (contact_id)
    CREATE INDEX parties_consent_person_id_11ff4eab ON parties_consent USING btree (person_id)
    CREATE UNIQUE INDEX parties_consent_pkey ON parties_consent USING btree (id)
    CREATE UNIQUE INDEX person_consents_once ON parties_consent USING btree (person_id, purpose) WHERE ((person_id IS NOT NULL) AND (withdrawn_at IS NULL))

table parties_contact
    confirmed_at timestamp with time zone
    created_at timestamp with time zone not null
    email bytea not null
    erased_at timestamp with time zone
    id bigint not null identity
    language character varying(10) not null
    mask_name character varying(40) not null
    mask_phone character varying(40) not null
    name bytea not null
    notify_by character varying(10) not null
    phone bytea not null
    phone_index bytea
    tail_index bytea
    constraint parties_contact_pkey PRIMARY KEY (id)
    CREATE INDEX contact_phone ON parties_contact USING btree (phone_index) WHERE (NOT (phone_index IS NULL))
    CREATE UNIQUE INDEX parties_contact_pkey ON parties_contact USING btree (id)

table parties_credential
    ends date
    granted_at timestamp with time zone not null
    id bigint not null identity
    issuer_id bigint not null
    kind character varying(60) not null
    number character varying(60) not null
    organisation_id bigint
    person_id bigint
    revoke_reason character varying(200) not null
    revoked_at timestamp with time zone
    starts date not null
    constraint credential_ends_after_start CHECK (((ends IS NULL) OR (ends >= starts)))
    constraint credential_has_one_holder CHECK ((((organisation_id IS NOT NULL) AND (person_id IS NULL)) OR ((organisation_id IS NULL) AND (person_id IS NOT NULL))))
    constraint credential_once UNIQUE (kind, number)
    constraint parties_credential_issuer_id_96195354_fk_identity_unit_id FOREIGN KEY (issuer_id) REFERENCES identity_unit(id) DEFERRABLE INITIALLY DEFERRED
    constraint parties_credential_organisation_id_d64dba66_fk_parties_o FOREIGN KEY (organisation_id) REFERENCES parties_organisation(id) DEFERRABLE INITIALLY DEFERRED
    constraint parties_credential_person_id_6d03596f_fk_parties_person_id FOREIGN KEY (person_id) REFERENCES parties_person(id) DEFERRABLE INITIALLY DEFERRED
    constraint parties_credential_pkey PRIMARY KEY (id)
    CREATE UNIQUE INDEX credential_once ON parties_credential USING btree (kind, number)
    CREATE INDEX parties_credential_issuer_id_96195354 ON parties_credential USING btree (issuer_id)
    CREATE INDEX parties_credential_organisation_id_d64dba66 ON parties_credential USING btree (organisation_id)
    CREATE INDEX parties_credential_person_id_6d03596f ON parties_credential USING btree (person_id)
    CREATE UNIQUE INDEX parties_credential_pkey ON parties_credential USING btree (id)

table parties_organisation
    active boolean not null
    address character varying(200) not null
    community_id bigint
    created_at timestamp with time zone not null
    credit_code character varying(18)
    id bigint not null identity
    kind character varying(20) not null
    name_en character varying(200) not null
    name_zh character varying(120) not null
    source character varying(200) not null
    constraint parties_organisation_community_id_d1518ba7_fk_places_co FOREIGN KEY (community_id) REFERENCES places_community(id) DEFERRABLE INITIALLY DEFERRED
    constraint parties_organisation_credit_code_key UNIQUE (credit_code)
    constraint parties_organisation_pkey PRIMARY KEY (id)
    CREATE INDEX organisation_name ON parties_organisation USING btree (name_zh)
    CREATE INDEX parties_organisation_community_id_d1518ba7 ON parties_organisation USING btree (community_id)
    CREATE INDEX parties_organisation_credit_code_1a4de578_like ON parties_organisation USING btree (credit_code varchar_pattern_ops)
    CREATE UNIQUE INDEX parties_organisation_credit_code_key ON parties_organisation USING btree (credit_code)
    CREATE UNIQUE INDEX parties_organisation_pkey ON parties_organisation USING btree (id)

table parties_person
    created_at timestamp with time zone not null
    erased_at timestamp with time zone
    id bigint not null identity
    mask_name character varying(40) not null
    name bytea not null
    user_id bigint not null
    verified character varying(10) not null
    constraint parties_person_pkey PRIMARY KEY (id)
    constraint parties_person_user_id_8da57c63_fk_identity_user_id FOREIGN KEY (user_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
    constraint parties_person_user_id_key UNIQUE (user_id)
    CREATE UNIQUE INDEX parties_person_pkey ON parties_person USING btree (id)
    CREATE UNIQUE INDEX parties_person_user_id_key ON parties_person USING btree (user_id)

table parties_smscountry
    code character varying(5) not null
    id bigint not null identity
    source character varying(200) not null
    valid daterange not null
    constraint one_sms_country_at_a_time EXCLUDE USING gist (code WITH =, valid WITH &&)
    constraint parties_smscountry_pkey PRIMARY KEY (id)
    CREATE INDEX one_sms_country_at_a_time ON parties_smscountry USING gist (code, valid)
    CREATE UNIQUE INDEX parties_smscountry_pkey ON parties_smscountry USING btree (id)

table places_address
    code character varying(24) not null
    community_id bigint not null
    grams character varying(2)[] not null
    id bigint not null identity
    initials character varying(60) not null
    lat double precision not null
    lon double precision not null
    name character varying(60) not null
    number character varying(20) not null
    pinyin character varying(240) not null
    road character varying(40) not null
    synthetic boolean not null
    words character varying(400) not null
    constraint places_address_code_key UNIQUE (code)
    constraint places_address_community_id_4801e5dd_fk_places_community_id FOREIGN KEY (community_id) REFERENCES places_community(id) DEFERRABLE INITIALLY DEFERRED
    constraint places_address_pkey PRIMARY KEY (id)
    CREATE INDEX places_address_code_ef3f9916_like ON places_address USING btree (code varchar_pattern_ops)
    CREATE UNIQUE INDEX places_address_code_key ON places_address USING btree (code)
    CREATE INDEX places_address_community_id_4801e5dd ON places_address USING btree (community_id)
    CREATE INDEX places_address_grams ON places_address USING gin (grams) WITH (fastupdate=off)
    CREATE UNIQUE INDEX places_address_pkey ON places_address USING btree (id)

table places_community
    code character varying(12) not null
    id bigint not null identity
    initials character varying(20) not null
    lat double precision not null
    lon double precision not null
    name_en character varying(80) not null
    name_zh character varying(40) not null
    outline jsonb not null
    pinyin character varying(80) not null
    subdistrict_id bigint not null
    synthetic boolean not null
    constraint places_community_code_key UNIQUE (code)
    constraint places_community_pkey PRIMARY KEY (id)
    constraint places_community_subdistrict_id_c1d12d0b_fk_places_su FOREIGN KEY (subdistrict_id) REFERENCES places_subdistrict(id) DEFERRABLE INITIALLY DEFERRED
    CREATE INDEX places_community_code_68a5a19c_like ON places_community USING btree (code varchar_pattern_ops)
    CREATE UNIQUE INDEX places_community_code_key ON places_community USING btree (code)
    CREATE UNIQUE INDEX places_community_pkey ON places_community USING btree (id)
    CREATE INDEX places_community_subdistrict_id_c1d12d0b ON places_community USING btree (subdistrict_id)

table places_gridcell
    code character varying(15) not null
    community_id bigint not null
    h3 character varying(15) not null
    id bigint not null identity
    lat double precision not null
    lon double precision not null
    constraint places_gridcell_code_key UNIQUE (code)
    constraint places_gridcell_community_id_4efa7061_fk_places_community_id FOREIGN KEY (community_id) REFERENCES places_community(id) DEFERRABLE INITIALLY DEFERRED
    constraint places_gridcell_pkey PRIMARY KEY (id)
    CREATE INDEX places_gridcell_code_88e1a32a_like ON places_gridcell USING btree (code varchar_pattern_ops)
    CREATE UNIQUE INDEX places_gridcell_code_key ON places_gridcell USING btree (code)
    CREATE INDEX places_gridcell_community_id_4efa7061 ON places_gridcell USING btree (community_id)
    CREATE UNIQUE INDEX places_gridcell_pkey ON places_gridcell USING btree (id)

table places_subdistrict
    code character varying(9) not null
    id bigint not null identity
    kind character varying(12) not null
    name_en character varying(80) not null
    name_zh character varying(40) not null
    constraint places_subdistrict_code_key UNIQUE (code)
    constraint places_subdistrict_pkey PRIMARY KEY (id)
    CREATE INDEX places_subdistrict_code_af68f645_like ON places_subdistrict USING btree (code varchar_pattern_ops)
    CREATE UNIQUE INDEX places_subdistrict_code_key ON places_subdistrict USING btree (code)
    CREATE UNIQUE INDEX places_subdistrict_pkey ON places_subdistrict USING btree (id)

table places_territory
    code character varying(6) not null
    id bigint not null identity
    land jsonb not null
    loaded_at timestamp with time zone not null
    name_en character varying(80) not null
    name_zh character varying(40) not null
    sea jsonb
    sea_synthetic boolean not null
    shipped character varying(64) not null
    synthetic boolean not null
    version character varying(64) not null
    constraint places_territory_code_key UNIQUE (code)
    constraint places_territory_pkey PRIMARY KEY (id)
    CREATE INDEX places_territory_code_2cd00f48_like ON places_territory USING btree (code varchar_pattern_ops)
    CREATE UNIQUE INDEX places_territory_code_key ON places_territory USING btree (code)
    CREATE UNIQUE INDEX places_territory_pkey ON places_territory USING btree (id)

table workdays_calendarversion
    id bigint not null identity
    version uuid not null
    constraint workdays_calendarversion_pkey PRIMARY KEY (id)
    CREATE UNIQUE INDEX workdays_calendarversion_pkey ON workdays_calendarversion USING btree (id)

table workdays_dayexception
    day date not null
    id bigint not null identity
    name_en character varying(80) not null
    name_zh character varying(40) not null
    notice_id bigint not null
    working boolean not null
    constraint workdays_dayexceptio_notice_id_197ac40a_fk_workdays_ FOREIGN KEY (notice_id) REFERENCES workdays_yearnotice(id) DEFERRABLE INITIALLY DEFERRED
    constraint workdays_dayexception_day_key UNIQUE (day)
    constraint workdays_dayexception_pkey PRIMARY KEY (id)
    CREATE UNIQUE INDEX workdays_dayexception_day_key ON workdays_dayexception USING btree (day)
    CREATE INDEX workdays_dayexception_notice_id_197ac40a ON workdays_dayexception USING btree (notice_id)
    CREATE UNIQUE INDEX workdays_dayexception_pkey ON workdays_dayexception USING btree (id)

table workdays_officehours
    ends time without time zone not null
    id bigint not null identity
    since date not null
    source character varying(120) not null
    starts time without time zone not null
    constraint workdays_officehours_pkey PRIMARY KEY (id)
    constraint workdays_span_in_order CHECK ((ends > starts))
    constraint workdays_span_once UNIQUE (since, starts)
    CREATE UNIQUE INDEX workdays_officehours_pkey ON workdays_officehours USING btree (id)
    CREATE UNIQUE INDEX workdays_span_once ON workdays_officehours USING btree (since, starts)

table workdays_yearnotice
    id bigint not null identity
    published date
    recorded_at timestamp with time zone not null
    source_number character varying(60) not null
    source_title character varying(120) not null
    status character varying(12) not null
    year smallint not null
    constraint workdays_yearnotice_pkey PRIMARY KEY (id)
    constraint workdays_yearnotice_year_check CHECK ((year >= 0))
    constraint workdays_yearnotice_year_key UNIQUE (year)
    CREATE UNIQUE INDEX workdays_yearnotice_pkey ON workdays_yearnotice USING btree (id)
    CREATE UNIQUE INDEX workdays_yearnotice_year_key ON workdays_yearnotice USING btree (year)

CREATE OR REPLACE FUNCTION public.hotline_undo_import(batch bigint, at timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    ids bigint[];
    people bigint[];
    link record;
    removed integer;
begin
    if not exists (select from hotline_importbatch b
                   where b.id = batch and b.state = 'undoing' and b.finished_at > at - interval '24 hours') then
        raise exception 'import % is not being undone', batch;
    end if;
    -- Whoever is at work on one of these cases ends first; whoever comes later finds it gone.
    perform from casework_case c join hotline_importedcase i on i.case_id = c.id
        where i.batch_id = batch order by c.id for update of c;
    delete from hotline_importkept k using hotline_importedcase i
        where k.batch_id = batch and i.batch_id = batch and i.case_id = k.case_id;
    insert into hotline_importkept (batch_id, case_id, why)
        select batch, i.case_id, case when i.latest_id <> batch then 'import' else 'people' end
        from hotline_importedcase i
        where i.batch_id = batch and (i.latest_id <> batch
            or exists (select from casework_caseevent e where e.case_id = i.case_id and e.actor_kind <> 'system')
            or exists (select from casework_caseparty p where p.case_id = i.case_id
                       and (p.person_id is not null or p.receipt_index is not null))
            or (select count(*) from casework_caseparty p where p.case_id = i.case_id) > 1);
    for link in
        select r.relname as name, a.attname as held, t.relname as target
        from pg_constraint k
        join pg_class r on r.oid = k.conrelid
        join pg_class t on t.oid = k.confrelid
        join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
        where k.contype = 'f' and k.connamespace = 'public'::regnamespace
          and t.relname in ('casework_case', 'casework_caseparty', 'casework_caseevent', 'casework_caseclock',
                            'parties_contact', 'casework_casetext', 'hotline_servicerequest', 'hotline_importedcase')
          and r.relname not in ('casework_caseparty', 'casework_caseevent', 'casework_eventtext', 'casework_caseclock',
                                'casework_clockpause', 'casework_casetext', 'hotline_servicerequest',
                                'hotline_importedcase', 'hotline_importkept', 'hotline_attributeanswer')
        order by r.relname, a.attname
    loop
        execute format(
            'insert into hotline_importkept (batch_id, case_id, why)
             select distinct $1, i.case_id, %L from hotline_importedcase i '
            || case
                when link.target = 'parties_contact' then
                    'join casework_caseparty t on t.case_id = i.case_id join %I x on x.%I = t.contact_id '
                when link.target in ('casework_caseparty', 'casework_caseevent', 'casework_caseclock') then
                    'join ' || link.target || ' t on t.case_id = i.case_id join %I x on x.%I = t.id '
                else 'join %I x on x.%I = i.case_id '
               end
            || 'where i.batch_id = $1 on conflict do nothing', link.name, link.name, link.held) using batch;
    end loop;
    ids := array(
        select i.case_id from hotline_importedcase i where i.batch_id = batch
        and not exists (select from hotline_importkept k where k.batch_id = batch and k.case_id = i.case_id));
    insert into casework_tallydelta (kind, topic_id, unit_id, community_id, state, n)
        select c.kind, c.topic_id, c.holder_unit_id, c.community_id, c.state, -count(*)
        from casework_case c where c.id = any(ids) and not c.restricted group by 1, 2, 3, 4, 5, c.id / 20000;
    people := array(select p.contact_id from casework_caseparty p
                    where p.case_id = any(ids) and p.contact_id is not null);
    delete from casework_eventtext t using casework_caseevent e where e.id = t.event_id and e.case_id = any(ids);
    delete from casework_caseevent e where e.case_id = any(ids);
    delete from casework_clockpause p using casework_caseclock k where k.id = p.clock_id and k.case_id = any(ids);
    delete from casework_caseclock k where k.case_id = any(ids);
    delete from casework_casetext t where t.case_id = any(ids);
    delete from casework_caseparty p where p.case_id = any(ids);
    delete from parties_contact c where c.id = any(people)
        and not exists (select from casework_caseparty p where p.contact_id = c.id);
    delete from hotline_importkept k where k.case_id = any(ids);
    delete from hotline_importedcase i where i.case_id = any(ids);
    delete from hotline_attributeanswer a where a.case_id = any(ids);
    delete from hotline_servicerequest q where q.case_id = any(ids);
    -- What programs were not told yet they are not told any more.
    delete from httpapi_delivery d where d.state = 'waiting' and d.case_id = any(ids);
    delete from casework_case c where c.id = any(ids);
    get diagnostics removed = row_count;
    return removed;
end $function$
