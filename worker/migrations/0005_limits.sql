-- How many rows one person added today, and all of a person's rows when they are deleted.
CREATE INDEX rating_log_of_user ON rating_log (user_id, received_at);
