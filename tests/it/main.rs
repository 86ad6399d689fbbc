mod forgetful_disk;
mod forgetful_storage;
mod git_serve;
mod power_loss;
