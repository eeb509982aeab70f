/* tls_output: messages of `postern tls`, on standard error. */
#ifndef POSTERN_CMD_TLS_TLS_OUTPUT_H
#define POSTERN_CMD_TLS_TLS_OUTPUT_H

#include "base/buf.h"
#include "base/problems.h"

/* Prints the error, frees it, and returns CMD_FAILED. */
int tls_output_error(struct buf *error);
/* Prints one line per problem; warnings are marked. */
void tls_output_problems(const struct problems *problems);

#endif
