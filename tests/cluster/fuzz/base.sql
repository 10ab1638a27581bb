CREATE EXTENSION tracardi;
SELECT tracardi.setup();
SELECT tracardi.create_source('web'), tracardi.create_source('mouse', ephemeral => true), tracardi.create_source('shut', enabled => false),
  tracardi.create_source('it''s "odd" \ %s');
