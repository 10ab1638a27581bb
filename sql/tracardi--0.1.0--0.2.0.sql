\echo Use "ALTER EXTENSION tracardi UPDATE TO '0.2.0'" to load this file. \quit
