/* engine_trial: tests each engine of a configuration by itself, as the service would use it.
 *
 * It runs in a process of its own, as the service's user, next to the service if that runs. The test is
 * scan/self_test; with self_test = none nothing is tested. It may take as long as three scans; for the
 * built-in engine the signatures are loaded. */
#ifndef POSTERN_CMD_ENGINE_TRIAL_H
#define POSTERN_CMD_ENGINE_TRIAL_H

#include "conf/conf.h"

/* Adds an error for an engine that gives a wrong answer or none, and a warning for a clamd that does not
 * answer, because it may be started later; appends a line to *passed for each that passes. */
void engine_trial(const struct conf *conf, struct problems *problems, struct buf *passed);

#endif
