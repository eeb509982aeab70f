/* random_chain: certificate chains at random, most of them with one to four things that are unusual or wrong.
 */
#ifndef POSTERN_TEST_RANDOM_CHAIN_H
#define POSTERN_TEST_RANDOM_CHAIN_H

#include "tests/unit/x509/chain_lab.h"

struct random_chain {
    struct lab_chain chain;
    int version;                                    /* of TLS */
    char extensions[3][1024], dns[256], text[4096]; /* text: what is special about it */
};

/* The same seed and number give the same chain, but for its keys and the present time. */
void random_chain(struct random_chain *out, uint64_t seed, uint64_t number);

#endif
