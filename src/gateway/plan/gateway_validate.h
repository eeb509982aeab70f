/* gateway_validate: checks the settings of [gateway] against each other and against other sections. Called by
 * conf_read. Checks nothing if [gateway] role is not set. */
#ifndef POSTERN_GATEWAY_PLAN_GATEWAY_VALIDATE_H
#define POSTERN_GATEWAY_PLAN_GATEWAY_VALIDATE_H

struct reading;

void gateway_validate(struct reading *reading);

#endif
