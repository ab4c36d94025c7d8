"""Good data: records that are the same thing become one."""
