mod channels;
mod notices;
