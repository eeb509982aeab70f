/* containers_say: the table of `check --containers`: what the engines do with each kind of archive. */
#ifndef POSTERN_CMD_CONTAINERS_SAY_H
#define POSTERN_CMD_CONTAINERS_SAY_H

void containers_say(void);

#endif
