/* conf_round: reads a configuration, prints it, and reads the output, as `postern convert` does. */
#ifndef POSTERN_TESTS_FUZZ_CONF_ROUND_H
#define POSTERN_TESTS_FUZZ_CONF_ROUND_H

#include "base/span.h"

/* The first part is the file, the others are the files that `include` finds. */
void conf_round(struct span text);

#endif
