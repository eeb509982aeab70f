/* engine_trial: tests each engine of a configuration separately, as the service would use it.
 *
 * Each test (scan/self_test) runs in a process of its own, as the service's user. The service may run at the
 * same time. A test may take as long as three scans. The test of the built-in engine also loads the
 * signatures. Nothing is tested with self_test = none, or if the spool does not exist and no temporary one
 * can be created. */
#ifndef POSTERN_CMD_ENGINE_TRIAL_H
#define POSTERN_CMD_ENGINE_TRIAL_H

#include "base/buf.h"
#include "conf/conf.h"

/* Adds an error for each engine that fails. Adds only a warning if clamd does not answer, because clamd may
 * be started later. Also adds only a warning if clamd has too few threads, or if an engine could not be
 * tested. Appends a line to *passed for each engine that passes. */
void engine_trial(const struct conf *conf, struct problems *problems, struct buf *passed);

/* The format of a message. Arguments: the number of connections, the number of clamd's threads. */
#define ENGINE_TRIAL_THREADS \
    "[clamd] connections = %u is not less than MaxThreads of clamd, %u: messages wait within clamd"
/* Asks clamd for its number of threads (MaxThreads), as the service's user. Returns 0 if the number is
 * unknown, for example because clamd does not answer, or because STATS is disabled. */
unsigned engine_trial_clamd_threads(const struct conf *conf);
/* Appends how to make connections less than that number. */
void engine_trial_threads_remedy(const struct conf *conf, unsigned threads, struct buf *remedy);

#endif
