/* engine_trial: each engine of a configuration tried by itself, as the service would use it.
 *
 * In a process of its own, as the service's user, beside the service if that runs. The self test is that of
 * scan/self_test; with self_test = none nothing is tried. May take as long as three scans; for the built-in
 * engine the signatures are loaded. */
#ifndef POSTERN_CMD_ENGINE_TRIAL_H
#define POSTERN_CMD_ENGINE_TRIAL_H

#include "conf/conf.h"

/* Adds an error for an engine that gives a wrong answer or none, a warning for a clamd that does not answer,
 * for it may be started later; appends a line to *passed for each that is well. */
void engine_trial(const struct conf *conf, struct problems *problems, struct buf *passed);

#endif
