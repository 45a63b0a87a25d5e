-- States of documents can have decided conflicts that are doubted, which software before this can't read.
comment on column document.state is 'standings of decided conflicts up to 3, doubted';
