/* engine_trial: tests each engine of a configuration by itself, as the service would use it.
 *
 * Each test (scan/self_test) runs in a process of its own, as the service's user. The service may run at the
 * same time. A test may take as long as three scans; that of the built-in engine also loads the signatures.
 * Nothing is tested with self_test = none. Nothing is tested either if there is no spool and no temporary one
 * can be created. */
#ifndef POSTERN_CMD_ENGINE_TRIAL_H
#define POSTERN_CMD_ENGINE_TRIAL_H

#include "base/buf.h"
#include "conf/conf.h"

/* Adds an error for each engine that fails. Adds only a warning if clamd does not answer, since clamd may be
 * started later, if clamd has too few threads, or if an engine could not be tested. Appends a line to *passed
 * for each engine that passes. */
void engine_trial(const struct conf *conf, struct problems *problems, struct buf *passed);

/* A finding with the numbers of connections and of threads. */
#define ENGINE_TRIAL_THREADS \
    "[clamd] connections = %u is not less than MaxThreads of clamd, %u: messages wait within clamd"
/* Asks clamd for its number of threads (MaxThreads), as the service's user. Returns 0 if clamd does not
 * report it, because it does not answer or STATS is disabled. */
unsigned engine_trial_clamd_threads(const struct conf *conf);
/* Appends how to make connections less than that number. */
void engine_trial_threads_remedy(const struct conf *conf, unsigned threads, struct buf *remedy);

#endif
