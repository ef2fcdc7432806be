"""A message queue over HTTP on Redis Streams: publish, receive by group, acknowledge, redeliver, dead letters."""
