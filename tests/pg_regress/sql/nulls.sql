-- What can't be null says so, and how it is written.
SELECT test.reset();
SELECT call, test.error(call) FROM unnest(ARRAY[
  $$SELECT tracardi.create_source(NULL)$$,
  $$SELECT tracardi.create_source('x', bridges => NULL)$$,
  $$SELECT tracardi.create_event_type(NULL)$$,
  $$SELECT tracardi.create_event_mapping(NULL, 'traits.a', 'properties.a')$$,
  $$SELECT tracardi.create_event_mapping('x', NULL, 'properties.a')$$,
  $$SELECT tracardi.create_workflow(NULL, 'tracardi.never_stored')$$,
  $$SELECT tracardi.create_workflow('x', NULL)$$,
  $$SELECT tracardi.create_subscription(NULL)$$,
  $$SELECT tracardi.create_identification_point(NULL, 'x', '{email}')$$,
  $$SELECT tracardi.create_identification_point('x', 'x', NULL)$$,
  $$SELECT tracardi.create_segment(NULL, '$')$$,
  $$SELECT tracardi.create_segment('x', NULL)$$,
  $$SELECT tracardi.create_consent_type(NULL)$$,
  $$SELECT tracardi.create_consent_rule(NULL, 'properties.a', '{x}')$$,
  $$SELECT tracardi.create_consent_rule('x', 'properties.a', NULL)$$
]) AS call;
SELECT test.reset();
