//! The PostgreSQL schema of Candor: migrations, partitions, roles, pools.
