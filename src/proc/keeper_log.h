/* keeper_log: the lines of the keeper about what it has stored, let pass, and done for an administrator. */
#ifndef POSTERN_PROC_KEEPER_LOG_H
#define POSTERN_PROC_KEEPER_LOG_H

#include "base/buf.h"
#include "base/age.h"
#include "base/log.h"
#include "quarantine/quarantine_request.h"

void keeper_log_stored(const struct incident *incident, bool destroyed);
/* It was released. */
void keeper_log_passed(const struct incident *incident);
void keeper_log_failed(const struct incident *incident, enum log_event event, struct buf *error);
void keeper_log_served(const struct quarantine_request *request, const struct quarantine_answer *answer);

/* The wall clock was set. */
void keeper_log_clock(const struct age_clock *clock);

#endif
