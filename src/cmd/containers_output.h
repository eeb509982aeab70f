/* containers_output: prints the table of `check --containers`: how engine builtin handles each format. */
#ifndef POSTERN_CMD_CONTAINERS_OUTPUT_H
#define POSTERN_CMD_CONTAINERS_OUTPUT_H

void containers_output(void);

#endif
