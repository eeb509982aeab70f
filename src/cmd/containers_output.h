/* containers_output: the table of `check --containers`: how the engines handle each kind of archive. */
#ifndef POSTERN_CMD_CONTAINERS_OUTPUT_H
#define POSTERN_CMD_CONTAINERS_OUTPUT_H

void containers_output(void);

#endif
