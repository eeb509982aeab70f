/* keeper_log: the log lines of the keeper. */
#ifndef POSTERN_PROC_KEEPER_LOG_H
#define POSTERN_PROC_KEEPER_LOG_H

#include "base/buf.h"
#include "base/age.h"
#include "base/log.h"
#include "quarantine/quarantine_request.h"

void keeper_log_stored(const struct incident *incident, bool destroyed);
/* The message is not stored, because its incident is released. */
void keeper_log_passed(const struct incident *incident);
void keeper_log_failed(const struct incident *incident, enum log_event event, struct buf *error);
void keeper_log_served(const struct quarantine_request *request, const struct quarantine_answer *answer);

/* Call when the wall clock was set. */
void keeper_log_clock(const struct age_clock *clock);

#endif
