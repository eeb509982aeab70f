/* conf_round: reads a configuration, prints what was read, and reads that: what `postern convert` does. */
#ifndef POSTERN_TESTS_FUZZ_CONF_ROUND_H
#define POSTERN_TESTS_FUZZ_CONF_ROUND_H

#include "base/span.h"

/* The first part is the file, the next ones what `include` finds. */
void conf_round(struct span text);

#endif
